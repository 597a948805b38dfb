"""Names that files of models may or must not ask for. Tables only: ``scan_rules.py`` judges by them.

The list of what is allowed decides. What is hostile is named so that it can be told from what is only unknown.
"""

from __future__ import annotations

LIBRARIES: dict[str, tuple[str, ...]] = {
    "accelerate": ("accelerate",),
    "bitsandbytes": ("bitsandbytes",),
    "category_encoders": ("category-encoders",),
    "catboost": ("catboost",),
    "diffusers": ("diffusers",),
    "fairlearn": ("fairlearn",),
    "fasttext": ("fasttext", "fasttext-wheel"),
    "gensim": ("gensim",),
    "gpytorch": ("gpytorch",),
    "hdbscan": ("hdbscan",),
    "imblearn": ("imbalanced-learn",),
    "implicit": ("implicit",),
    "joblib": ("joblib",),
    "keras": ("keras", "tf-keras"),
    "lifelines": ("lifelines",),
    "lightgbm": ("lightgbm",),
    "lightning": ("lightning",),
    "lightning_fabric": ("lightning-fabric", "pytorch-lightning", "lightning"),
    "mlxtend": ("mlxtend",),
    "ngboost": ("ngboost",),
    "numpy": ("numpy",),
    "omegaconf": ("omegaconf",),
    "optuna": ("optuna",),
    "pandas": ("pandas",),
    "peft": ("peft",),
    "polars": ("polars",),
    "pyarrow": ("pyarrow",),
    "prophet": ("prophet",),
    "pytorch_lightning": ("pytorch-lightning", "lightning"),
    "scipy": ("scipy",),
    "sentence_transformers": ("sentence-transformers",),
    "sklearn": ("scikit-learn", "scikit-learn-intelex"),
    "skorch": ("skorch",),
    "sksurv": ("scikit-survival",),
    "spacy": ("spacy",),
    "statsmodels": ("statsmodels",),
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "thinc": ("thinc",),
    "timm": ("timm",),
    "tokenizers": ("tokenizers",),
    "torch": ("torch",),
    "torchaudio": ("torchaudio",),
    "torch_geometric": ("torch-geometric",),
    "torchmetrics": ("torchmetrics",),
    "torchvision": ("torchvision",),
    "transformers": ("transformers",),
    "tslearn": ("tslearn",),
    "ultralytics": ("ultralytics",),
    "umap": ("umap-learn",),
    "xgboost": ("xgboost", "xgboost-cpu"),
}
"""Libraries of models by the name that is imported, and the distributions that bring it."""

PLAIN_CALLS = frozenset(
    # Python's own values
    "builtins.object builtins.int builtins.float builtins.complex builtins.bool builtins.str builtins.bytes"
    " builtins.bytearray builtins.list builtins.dict builtins.set builtins.frozenset builtins.tuple builtins.slice"
    " builtins.range builtins.reversed builtins.enumerate builtins.zip builtins.iter"
    " collections.OrderedDict collections.defaultdict collections.deque collections.Counter collections.ChainMap"
    " collections.UserDict collections.UserList"
    " copyreg._reconstructor copyreg.__newobj__ copyreg.__newobj_ex__ _codecs.encode"
    " datetime.date datetime.datetime datetime.time datetime.timedelta datetime.timezone datetime.tzinfo"
    " decimal.Decimal decimal.Context _decimal.Decimal fractions.Fraction uuid.UUID uuid.SafeUUID array.array"
    " array._array_reconstructor zoneinfo.ZoneInfo zoneinfo.ZoneInfo._unpickle ipaddress.IPv4Address ipaddress.IPv6Address"
    " ipaddress.IPv4Network ipaddress.IPv6Network"
    " pathlib.Path pathlib.PosixPath pathlib.WindowsPath pathlib.PurePath pathlib.PurePosixPath pathlib.PureWindowsPath"
    " pathlib._local.Path pathlib._local.PosixPath pathlib._local.WindowsPath pathlib._local.PurePosixPath"
    " types.SimpleNamespace types.GenericAlias functools.partial operator.itemgetter re._compile re.compile argparse.Namespace"
    " time.struct_time random.Random io.BytesIO io.StringIO _io.BytesIO _io.StringIO itertools.count itertools.repeat"
    " itertools.chain itertools.cycle http.HTTPStatus signal.Signals re.RegexFlag collections.abc.Mapping"
    # arrays
    " numpy._core.multiarray._reconstruct numpy.core.multiarray._reconstruct numpy._core.multiarray.scalar"
    " numpy.core.multiarray.scalar numpy._core.numeric._frombuffer numpy.core.numeric._frombuffer numpy.dtype numpy.ndarray"
    " numpy.matrix numpy.recarray numpy.rec.recarray numpy.record numpy.void numpy.bool numpy.bool_ numpy.str_ numpy.bytes_"
    " numpy.ma.core._mareconstruct numpy.ma.MaskedArray numpy.ma.core.MaskedArray numpy.object_ numpy.datetime64"
    " numpy.timedelta64 numpy.longdouble numpy.clongdouble numpy.longlong numpy.ulonglong numpy.intc numpy.uintc numpy.intp"
    " numpy._core._ufunc_reconstruct numpy.core._ufunc_reconstruct numpy._core._internal._convert_to_stringdtype_kwargs"
    " numpy.random._pickle.__randomstate_ctor numpy.random._pickle.__generator_ctor numpy.random._pickle.__bit_generator_ctor"
    " numpy.random.bit_generator.SeedSequence numpy.random._pickle.__setstate__ numpy.poly1d numpy.polynomial"
    " joblib.numpy_pickle.NumpyArrayWrapper scipy._lib._uarray._BackendState"
    # tables
    " pandas._libs.internals._unpickle_block pandas.core.internals.blocks.new_block pandas.core.indexes.base._new_Index"
    " pandas.core.indexes.datetimes._new_DatetimeIndex pandas.core.indexes.period._new_PeriodIndex"
    " pandas._libs.tslibs.timestamps._unpickle_timestamp pandas._libs.tslibs.timedeltas._timedelta_unpickle"
    " pandas._libs.tslibs.nattype._nat_unpickle pandas._libs.tslibs.period._unpickle_period pandas._libs.missing.NAType"
    " pandas._libs.missing._unpickle_na pandas._libs.arrays.__pyx_unpickle_NDArrayBacked pandas._libs.missing.C_NA"
    " pyarrow.lib._restore_array pyarrow.lib.type_for_alias pyarrow.lib.py_buffer"
    # models
    " sklearn.tree._tree.Tree sklearn.neighbors._dist_metrics.newObj sklearn.metrics._dist_metrics.newObj"
    " sklearn.neighbors._ball_tree.newObj sklearn.neighbors._kd_tree.newObj sklearn.neighbors._binary_tree.newObj"
    " sklearn.metrics._scorer._passthrough_scorer sklearn.linear_model._sgd_fast.newObj"
    " torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2 torch._utils._rebuild_tensor_v3"
    " torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state torch._utils._rebuild_sparse_tensor"
    " torch._utils._rebuild_qtensor torch._utils._rebuild_meta_tensor_no_storage torch._utils._rebuild_nested_tensor"
    " torch._utils._rebuild_sparse_csr_tensor torch._utils._rebuild_device_tensor_from_numpy"
    " torch._utils._rebuild_device_tensor_from_cpu_tensor torch._utils._rebuild_wrapper_subclass"
    " torch._tensor._rebuild_from_type_v2 torch._tensor._rebuild_from_type torch.serialization._get_layout torch.device"
    " torch.Size torch.dtype torch.finfo torch.iinfo torch.jit._pickle.build_intlist torch.jit._pickle.build_tensorlist"
    " torch.jit._pickle.build_doublelist torch.jit._pickle.build_boollist torch.jit._pickle.build_tensor_from_id"
    " torch.jit._pickle.restore_type_tag torch._C._nn.gelu"
    " keras.src.saving.keras_saveable.KerasSaveable._unpickle_model keras.src.saving.keras_saveable._unpickle_model".split()
)
"""What may be called besides classes of model libraries: values, and the functions that put arrays and models together."""

PLAIN_NAMES = frozenset(
    "builtins.abs builtins.len builtins.max builtins.min builtins.round builtins.sum builtins.pow builtins.divmod builtins.sorted"
    " builtins.any builtins.all builtins.repr builtins.hash builtins.ord builtins.chr builtins.bin builtins.hex builtins.isinstance"
    " builtins.type builtins.NoneType builtins.Ellipsis builtins.NotImplemented builtins.callable builtins.ascii builtins.id"
    " operator.add operator.sub operator.mul operator.truediv operator.floordiv operator.mod operator.neg operator.pos"
    " operator.lt operator.le operator.eq operator.ne operator.ge operator.gt operator.and_ operator.or_ operator.xor operator.not_"
    " operator.abs operator.pow operator.matmul operator.getitem _operator.getitem"
    " typing.Any string.punctuation unicodedata.normalize statistics.mean statistics.median statistics.pstdev statistics.stdev"
    " time.time time.perf_counter time.monotonic functools.reduce builtins.getattr torch.storage._load_from_bytes json.dumps json.loads copy.copy copy.deepcopy".split()
)
"""Functions of Python's that may be named, as a step of a pipeline or a factory, but not called while loading."""

MODULES_OF_NAMES = frozenset("math cmath _operator typing".split())
"""Modules of which every function may be named."""

HOSTILE_ROOTS = frozenset(
    "__builtin__ _aix_support _ctypes _frozen_importlib _frozen_importlib_external _imp _io _osx_support _pickle _posixshmem"
    " _posixsubprocess _pyio _pyrepl _socket _thread _winapi _wmi aifc antigravity asynchat asyncio asyncore atexit bdb binhex bz2"
    " cPickle cProfile cgi cgitb cmd code codeop commands compileall concurrent ctypes curses dbm distutils doctest ensurepip faulthandler"
    " fcntl fileinput ftplib getpass glob gzip hotshot httplib idlelib imaplib imp importlib lib2to3 linecache lzma mailbox mailcap"
    " marshal mmap modulefinder msilib msvcrt multiprocessing nntplib nt ntpath os pdb pickle pickletools pip pipes pkg_resources"
    " pkgutil platform poplib popen2 posix posixpath posixshmem profile pty py_compile pyclbr pydoc readline resource rlcompleter runpy"
    " sched select selectors setuptools shelve shutil site smtpd smtplib sndhdr socket socketserver spwd sqlite3 ssl subprocess"
    " sunau symtable sys sysconfig tabnanny tarfile telnetlib tempfile test this threading timeit tkinter tokenize trace turtle"
    " turtledemo unittest urllib urllib2 uu venv wave webbrowser winreg wsgiref xmlrpc zipapp zipfile zipimport"
    # of others: shells, networks, code out of texts
    " IPython aiohttp boto3 botocore cffi cython Cython dask distributed fabric fsspec google httpx huggingface_hub invoke"
    " jinja2 jupyter_client kubernetes llvmlite mako nbconvert nltk numba numexpr paramiko pexpect plumbum psutil ptyprocess"
    " py pytest ray requests s3fs selenium sh sqlalchemy sympy urllib3 websocket websockets".split()
)
"""Modules that no model needs while it is loaded: processes, files, networks, code, other loaders."""

HOSTILE_NAMES = frozenset(
    "builtins.eval builtins.exec builtins.compile builtins.open builtins.__import__ builtins.getattr builtins.setattr builtins.delattr"
    " builtins.input builtins.breakpoint builtins.globals builtins.locals builtins.vars builtins.execfile builtins.file"
    " builtins.reload builtins.apply builtins.help builtins.map builtins.filter builtins.classmethod builtins.staticmethod builtins.property"
    " builtins.super builtins.raw_input builtins.exit builtins.quit builtins.memoryview"
    " operator.attrgetter operator.methodcaller operator.call operator.setitem operator.delitem _operator.attrgetter"
    " _operator.methodcaller _operator.call _operator.setitem"
    " types.FunctionType types.CodeType types.LambdaType types.MethodType types.ModuleType types.coroutine types.new_class"
    " types.BuiltinFunctionType types.DynamicClassAttribute types.prepare_class types.resolve_bases"
    " functools.singledispatch functools.cached_property functools.partialmethod functools.singledispatchmethod"
    " itertools.starmap itertools.accumulate itertools.takewhile itertools.dropwhile itertools.filterfalse itertools.groupby"
    " logging.config.dictConfig logging.config.fileConfig logging.config.listen logging.FileHandler logging.basicConfig"
    " io.open io.FileIO io.open_code io.TextIOWrapper codecs.open codecs.EncodedFile argparse.FileType"
    " dataclasses.make_dataclass dataclasses._create_fn typing.get_type_hints typing.ForwardRef typing._eval_type annotationlib.ForwardRef"
    " gettext.c2py gettext.translation gettext.find weakref.finalize contextlib.ExitStack contextlib.redirect_stdout"
    " collections.namedtuple inspect.getsource inspect.signature inspect.getattr_static enum._make_class_unpicklable"
    " uuid._popen uuid._get_command_stdout uuid.getnode ast.parse ast.literal_eval hashlib.file_digest csv.reader"
    " signal.signal signal.alarm signal.raise_signal signal.pthread_kill signal.setitimer time.sleep gc.get_objects"
    " gc.get_referrers traceback.walk_stack copyreg.pickle copyreg.add_extension copyreg.constructor string.Formatter"
    " logging.config logging.handlers xml.sax.parse xml.dom.minidom.parse xml.etree.ElementTree.parse xml.dom.pulldom.parse"
    " json.load configparser.ConfigParser.read statistics._decimal_sqrt_of_frac"
    # of model libraries
    " numpy.load numpy.fromfile numpy.memmap numpy.loadtxt numpy.genfromtxt numpy.save numpy.savez numpy.savetxt"
    " numpy.fromregex numpy.DataSource numpy.lib.npyio.load numpy.lib._npyio_impl.load numpy.vectorize numpy.frompyfunc"
    " numpy.apply_along_axis numpy.apply_over_axes numpy.fromfunction numpy.piecewise"
    " torch.load torch.save torch.jit.load torch.package.PackageImporter torch.compile torch.fx.graph_module.reduce_graph_module"
    " torch.fx.graph_module.reduce_package_graph_module torch.fx.graph_module.reduce_deploy_graph_module"
    " torch.fx.graph_module._exec_with_source torch.fx.graph_module._forward_from_src torch.fx._symbolic_trace.symbolic_trace"
    " torch.from_file torch.UntypedStorage.from_file torch.utils._config_module.ConfigModule.load_config"
    " torch.utils._config_module.load_config torch.cuda.memory._dump_snapshot torch.classes.load_library torch.ops.load_library"
    " joblib.load joblib.dump joblib.numpy_pickle.load joblib.numpy_pickle.dump joblib.Memory joblib.Parallel joblib.delayed"
    " pandas.read_pickle pandas.eval pandas.DataFrame.eval pandas.DataFrame.query"
    " cloudpickle.load cloudpickle.loads dill.load dill.loads dill._dill.load dill._dill.loads joblib._store_backends"
    " lightgbm.basic._load_lib xgboost.core._load_lib scipy.io.loadmat scipy.datasets sklearn.utils._joblib".split()
)
"""Names that run, open, fetch or change something, or that make such names."""

HOSTILE_ROOMS = tuple(
    "numpy.f2py numpy.distutils numpy.testing numpy.lib._datasource numpy.lib.npyio numpy.lib._npyio_impl numpy.lib.format numpy.ctypeslib"
    " torch.hub torch.utils.cpp_extension torch.utils.bottleneck torch.utils.collect_env torch.utils.data.datapipes torch.utils.hipify"
    " torch.package torch.jit torch.serialization torch.distributed torch.multiprocessing torch._inductor torch._dynamo"
    " torch.testing torch._export torch.export torch.onnx torch.utils.model_dump torch.utils._pytree torch.utils.tensorboard"
    " torch.storage._load_from_bytes torch.library torch._library torch._ops torch.fx torch._lazy torch._functorch torch.futures"
    " torch.utils.benchmark torch.utils.show_pickle torch.utils.mobile_optimizer torch.utils.model_zoo torch.profiler torch.cuda._memory_viz"
    " joblib.externals joblib.memory joblib._memmapping_reducer joblib.pool joblib.parallel joblib.executor joblib.test"
    " joblib._parallel_backends joblib._multiprocessing_helpers joblib.compressor joblib.disk joblib.numpy_pickle_compat joblib.hashing"
    " joblib._store_backends joblib.func_inspect joblib.backports joblib.testing"
    " pandas.io pandas.core.computation pandas.compat pandas.util pandas.testing pandas._testing pandas._version"
    " scipy.io scipy._lib._testutils scipy._lib._ccallback scipy.weave scipy.datasets scipy.misc scipy._build_utils"
    " sklearn.datasets sklearn.externals sklearn.utils._testing sklearn.utils.parallel sklearn.utils._joblib sklearn._build_utils"
    " sklearn.utils._show_versions sklearn.utils.discovery sklearn.conftest sklearn.experimental"
    " keras.utils keras.src.utils keras.saving keras.src.saving keras.src.legacy.saving keras.src.export keras.src.backend.common.remat"
    " keras.src.testing keras.config keras.src.callbacks.backup_and_restore keras.models.load_model keras.src.wrappers.utils"
    " tensorflow.io tensorflow.python.platform tensorflow.python.ops.script_ops tensorflow.py_function tensorflow.numpy_function"
    " transformers.utils.hub transformers.dynamic_module_utils transformers.commands transformers.cli transformers.testing_utils"
    " transformers.file_utils transformers.agents transformers.tools transformers.utils.import_utils transformers.convert_slow_tokenizer"
    " xgboost.dask xgboost.spark xgboost.testing xgboost.tracker xgboost.libpath xgboost.collective lightgbm.dask lightgbm.libpath"
    " catboost.utils catboost.datasets catboost.widget catboost.dev_utils catboost._catboost._library_init"
    " pytorch_lightning.cli pytorch_lightning.utilities.migration lightning_fabric.plugins.environments pytorch_lightning.core.saving"
    " spacy.cli spacy.util gensim.downloader gensim.utils gensim.test polars.io polars.sql pyarrow.fs pyarrow.csv pyarrow.parquet pyarrow.dataset pyarrow.flight accelerate.commands accelerate.launchers accelerate.utils.launch"
    " torch.utils._sympy torch._weights_only_unpickler torch.utils._traceback torch._jit_internal torch.cuda.memory torch.cuda.gds torch.xpu.memory torch.backends scipy.special._precompute scipy.odr sklearn.utils.estimator_checks sklearn.utils._test_common"
    " numpy.ma.testutils omegaconf.grammar transformers.utils.chat_template_utils transformers.pipelines transformers.safetensors_conversion transformers.core_model_loading transformers.integrations transformers.trainer transformers.trainer_seq2seq"
    " transformers.generation.candidate_generator transformers.utils.attention_visualizer torchmetrics.functional torchmetrics.text torchmetrics.multimodal"
    " torchmetrics.image joblib.logger accelerate.utils.deepspeed accelerate.utils.offload catboost.eval lightning_fabric.plugins.precision.utils"
    " polars._cpu_check pyarrow.orc torchvision.datasets torchaudio.datasets torchmetrics.utilities optuna.storages ultralytics.utils timm.models._hub".split()
)
"""Parts of model libraries that open, fetch, run or build; names in them are as those of any program."""

HOSTILE_COMPONENTS = frozenset(
    "os posix nt sys subprocess importlib builtins __builtin__ __builtins__ ctypes shutil socket pty runpy pip marshal pickle cPickle _pickle"
    " webbrowser asyncio multiprocessing urllib requests tempfile cloudpickle_fast cffi timeit pdb code codeop inspect types".split()
)
"""Modules that are also reached through those that import them, as ``torch.os.system``."""

HOSTILE_LAST = frozenset(
    "Popen CalledProcessError FunctionType CodeType LambdaType MethodType ModuleType SourceFileLoader SourcelessFileLoader"
    " ExtensionFileLoader FileLoader ModuleSpec CDLL PyDLL WinDLL LibraryLoader FileHandler RotatingFileHandler SocketHandler"
    " TemporaryDirectory NamedTemporaryFile TemporaryFile SpooledTemporaryFile ZipFile TarFile GzipFile BZ2File LZMAFile"
    " FileIO BufferedWriter BufferedReader TextIOWrapper Thread ThreadPool ThreadPoolExecutor ProcessPoolExecutor Pool Process Manager"
    " SyncManager Timer Pdb Bdb InteractiveConsole InteractiveInterpreter Console HTTPServer Request Session HTTPConnection HTTPSConnection"
    " Unpickler Pickler _Unpickler HDFStore ExcelFile ExcelWriter Memory MemorizedFunc DataSource PackageImporter PackageExporter"
    " PyTorchFileReader PyTorchFileWriter CompilationUnit ScriptFunction RemoteModule FileStore TCPStore HashStore TemporaryFileName"
    " BuildExtension CUDAExtension CppExtension ForwardRef Formatter ConfigModule NpzFile FilesystemStoreBackend ExitStack"
    " Interpreter Environment Template BatchedCalls Parallel Connection Listener Client Server Telnet FTP SMTP"
    " ConfigParser RawConfigParser SafeConfigParser Shelf DbfilenameShelf OSFile MemoryMappedFile LocalFileSystem SubTreeFileSystem S3FileSystem HfApi HfFileSystem RequirementCache CUDAPluggableAllocator XPUPluggableAllocator NeptuneCallback FileStream BatchMetricCalcer LineProfiler StreamReader ContextDecorator Finalize".split()
)
"""Classes that do something when they are made, whatever library they are reached through."""

HOSTILE_VERBS = frozenset(
    "system popen spawn exec execfile eval execve fork import importlib subprocess shell cmd run runstring runfile rmtree unlink remove"
    " rename chmod chown kill download fetch urlopen urlretrieve request get_file open load loads reload read write save savez dump dumps fromfile"
    " memmap genfromtxt loadtxt savetxt tofile pickle unpickle file compile lambdify connect install call_command check_output check_call"
    " getoutput module plugin library dll hub cached pretrained parallel apply_async submit callback exec_module".split()
)
"""Words in the names of functions that open, fetch or run something."""

PLAIN_VERBS = frozenset("_unpickle_block _unpickle_timestamp check_array".split())

CARRIERS = frozenset("cloudpickle dill".split())
"""Libraries that write code into pickles."""
