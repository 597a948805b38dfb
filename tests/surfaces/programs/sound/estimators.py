"""Estimators of scikit-learn, saved in every way that people save them."""

from __future__ import annotations

import pickle
from typing import Any

import joblib
import numpy as np
import scipy.sparse
import scipy.special
import scipy.stats
from hostile.archive_assembly import lz4_frame
from sklearn import (
    calibration,
    cluster,
    compose,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_extraction,
    feature_selection,
    gaussian_process,
    impute,
    isotonic,
    kernel_approximation,
    linear_model,
    manifold,
    mixture,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.metrics import f1_score, make_scorer

from .place import FRAME, TEXTS, Place, X, Y

STEPS = [
    ("numbers", preprocessing.StandardScaler(), ["a", "b"]),
    (
        "words",
        pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), preprocessing.OneHotEncoder()),
        ["color"],
    ),
    ("rest", preprocessing.FunctionTransformer(np.log1p), ["c"]),
]
FOREST = ensemble.RandomForestClassifier(5, random_state=0)
ESTIMATORS = {
    "grid search": model_selection.GridSearchCV(
        linear_model.LogisticRegression(), {"C": [0.1, 1]}, scoring=make_scorer(f1_score)
    ),
    "random search": model_selection.RandomizedSearchCV(
        linear_model.Ridge(), {"alpha": scipy.stats.loguniform(1e-3, 1)}, n_iter=2
    ),
    "forest": ensemble.RandomForestClassifier(5),
    "extra trees": ensemble.ExtraTreesRegressor(5),
    "gradient boosting": ensemble.GradientBoostingClassifier(n_estimators=5),
    "histogram boosting": ensemble.HistGradientBoostingClassifier(max_iter=5),
    "histogram regression": ensemble.HistGradientBoostingRegressor(max_iter=5, loss="poisson"),
    "isolation forest": ensemble.IsolationForest(n_estimators=5),
    "voting": ensemble.VotingClassifier([("a", naive_bayes.GaussianNB()), ("b", tree.DecisionTreeClassifier())]),
    "stacking": ensemble.StackingClassifier([("a", naive_bayes.GaussianNB())]),
    "bagging": ensemble.BaggingClassifier(tree.DecisionTreeClassifier(), n_estimators=3),
    "ada boost": ensemble.AdaBoostClassifier(n_estimators=3),
    "support vectors": svm.SVC(probability=False),
    "linear vectors": svm.LinearSVC(),
    "stochastic descent": linear_model.SGDClassifier(),
    "stochastic regression": linear_model.SGDRegressor(loss="huber"),
    "elastic net": linear_model.ElasticNetCV(),
    "quantiles": linear_model.QuantileRegressor(),
    "tweedie": linear_model.TweedieRegressor(),
    "neighbours": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
    "ball tree": neighbors.KNeighborsClassifier(
        algorithm="ball_tree", metric="haversine" if X.shape[1] == 2 else "manhattan"
    ),
    "outliers": neighbors.LocalOutlierFactor(novelty=True),
    "density": neighbors.KernelDensity(),
    "perceptron": neural_network.MLPClassifier((5,), max_iter=20),
    "gaussian process": gaussian_process.GaussianProcessClassifier(1.0 * gaussian_process.kernels.RBF()),
    "mixture": mixture.GaussianMixture(2),
    "clusters": cluster.KMeans(2, n_init=1),
    "birch": cluster.Birch(n_clusters=2),
    "components": decomposition.PCA(2),
    "topics": decomposition.NMF(2),
    "discriminant": discriminant_analysis.LinearDiscriminantAnalysis(),
    "calibrated": calibration.CalibratedClassifierCV(naive_bayes.GaussianNB()),
    "one against all": multiclass.OneVsRestClassifier(svm.SVC()),
    "many outputs": multioutput.MultiOutputRegressor(linear_model.Ridge()),
    "selection": pipeline.make_pipeline(
        feature_selection.SelectKBest(feature_selection.f_classif, k=2), linear_model.LogisticRegression()
    ),
    "elimination": feature_selection.RFE(linear_model.LogisticRegression(), n_features_to_select=2),
    "splines": preprocessing.SplineTransformer(),
    "power": preprocessing.PowerTransformer(),
    "bins": preprocessing.KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
    "nystroem": kernel_approximation.Nystroem(n_components=5),
    "partial least squares": cross_decomposition.PLSRegression(),
    "isomap": manifold.Isomap(),
}


def fitted() -> dict[str, Any]:
    """Return fitted estimators by title."""
    for title, each in ESTIMATORS.items():
        columns = np.abs(X) if title == "topics" else X
        targets = {"many outputs": X[:, :2], "tweedie": np.abs(X[:, 0])}
        each.fit(columns, targets.get(title, Y))
    vectors = feature_extraction.text.TfidfVectorizer(token_pattern=r"[a-z]+", preprocessor=str.lower)
    texts = (
        feature_extraction.text.CountVectorizer(analyzer="char"),
        feature_extraction.text.HashingVectorizer(n_features=16),
    )
    return {
        **ESTIMATORS,
        "column transformer": pipeline.make_pipeline(compose.ColumnTransformer(STEPS), FOREST).fit(
            FRAME.assign(c=FRAME.c.abs()), Y
        ),
        "isotonic": isotonic.IsotonicRegression().fit(X[:, 0], Y),
        "text": pipeline.make_pipeline(vectors, linear_model.LogisticRegression()).fit(TEXTS, Y),
        "text, union": pipeline.make_union(*texts).fit(TEXTS),
        "dicts": feature_extraction.DictVectorizer().fit([{"a": 1, "b": "x"}]),
    }


def scikit_learn(place: Place) -> None:
    """Save estimators by joblib and pickle, in every protocol and every compression."""
    for title, each in fitted().items():
        joblib.dump(each, place.at(f"sklearn, {title}", "model.joblib"))
        place.pickled(f"sklearn, {title}, pickled", each)
    model = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()).fit(X, Y)
    for protocol in range(6):
        place.pickled(f"sklearn, protocol {protocol}", model, protocol=protocol)
    for method in ("zlib", "gzip", "bz2", "lzma", "xz"):
        joblib.dump(model, place.at(f"sklearn, {method}", "model.joblib"), compress=(method, 3))
    place.at("sklearn, lz4", "model.pkl").write_bytes(lz4_frame(pickle.dumps(model)))
    joblib.dump(FRAME, place.at("joblib, a table", "rows.joblib"))
    joblib.dump(
        [np.asfortranarray(X), np.arange(3), np.array(["a", None, {"b": X}], dtype=object)],
        place.at("joblib, arrays", "arrays.joblib"),
    )


PARTS = (scikit_learn,)
