"""Rows from what was measured: the figures beside each other, and whether the goal is reached."""

from __future__ import annotations

from typing import Any

from benchmarks.store import peers, table
from benchmarks.store.dedup import RESTIC, Stored
from benchmarks.store.measure import Outcome
from benchmarks.store.rows import Row
from benchmarks.store.systems import LIMIT, OURS, PEER
from benchmarks.store.work import Work

PEER_NAME = f"{PEER} {peers.DVC_VERSION}"


def fast(trial: table.Trial, work: Work, outcome: Outcome, *, quick: bool) -> Row:
    """Return a row whose goal is to be so many times as fast as the peer."""
    least = 1 if quick else trial.goal
    ours, ratio = outcome.median(OURS), _ratio(outcome)
    return _timed(
        trial,
        work,
        outcome,
        goal=f"{least:g} times as fast, {table.PEAK_MB} MB at most",
        holds=bool(ours and ratio and ratio >= least and ours.peak_mb <= table.PEAK_MB),
    )


def grown(trial: table.Trial, work: Work, outcome: Outcome, fewer: Outcome | None) -> Row:
    """Return a row whose goal is not to grow faster than the number of files, ten times those of ``fewer``."""
    ours, before = outcome.median(OURS), fewer.median(OURS) if fewer else None
    growth = ours.wall_s / before.wall_s if ours and before else None
    return _timed(
        trial,
        work,
        outcome,
        goal=f"{table.GROWTH_MAX} times as long for 10 times the files, {table.PEAK_AT_SCALE_MB} MB at most",
        holds=bool(
            ours
            and ours.peak_mb <= table.PEAK_AT_SCALE_MB
            and (fewer is None or (growth and growth <= table.GROWTH_MAX))
        ),
        growth=growth,
    )


def small(trial: table.Deduplication, stored: Stored, *, quick: bool) -> Row:
    """Return a row whose goal is to store no more than a part of what the versions have together."""
    ours, peer = stored.share(OURS), stored.share(PEER)
    most = peer if quick else trial.goal
    usage = stored.outcome.median(OURS)
    return Row(
        row=trial.row,
        work=trial.work.format(versions=stored.versions),
        ours=ours,
        peer=peer,
        unit="%",
        ratio=peer / ours if ours and peer else None,
        goal=f"{'less than DVC' if quick else f'{most:g} % at most'}, {table.PEAK_MB} MB at most",
        holds=bool(ours and most and ours <= most and usage and usage.peak_mb <= table.PEAK_MB),
        peer_name=PEER_NAME,
        limit=stored.share(LIMIT),
        limit_name="new bytes",
        restic=stored.share(RESTIC),
        **_costs(stored.outcome),
    )


def _timed(trial: table.Trial, work: Work, outcome: Outcome, **judged: Any) -> Row:
    ours, peer, limit = (outcome.median(each) for each in (OURS, PEER, LIMIT))
    size, place = work.data.size, work.remotes.place
    return Row(
        row=trial.row,
        work=trial.work.format(files=f"{size:,} files", mib=f"{size >> 20:,} MiB", place=place),
        ours=ours and ours.wall_s,
        peer=peer and peer.wall_s,
        unit="s",
        ratio=_ratio(outcome),
        peer_name=PEER_NAME,
        limit=limit and limit.wall_s,
        limit_name=trial.limit,
        **_costs(outcome),
        **judged,
    )


def _ratio(outcome: Outcome) -> float | None:
    ours, peer = outcome.median(OURS), outcome.median(PEER)
    return peer.wall_s / ours.wall_s if ours and peer else None


def _costs(outcome: Outcome) -> dict[str, Any]:
    ours, peer = outcome.median(OURS), outcome.median(PEER)
    return {
        "ours_cpu": ours and ours.cpu_s,
        "peer_cpu": peer and peer.cpu_s,
        "ours_peak_mb": ours and ours.peak_mb,
        "peer_peak_mb": peer and peer.peak_mb,
        "ours_runs": outcome.walls(OURS),
        "peer_runs": outcome.walls(PEER),
        "note": "; ".join(f"{name}: {fault}" for name, fault in outcome.faults.items()),
    }
