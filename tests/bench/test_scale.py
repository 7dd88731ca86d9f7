"""The simulation against queueing theory, and against the rules worked out by hand."""

import re
from itertools import repeat
from pathlib import Path

import numpy as np
import pytest
from simpy import Environment

from bench.scale.cloud_run import CloudRun
from bench.scale.costs import dollars
from bench.scale.cpu import DECODER_WEIGHT, SERVER_WEIGHT, Cpu
from bench.scale.instance import Flags, Photo
from bench.scale.load import BYTES, LOADS, photos, stages
from bench.scale.simulate import Run, feed, run

ROOT = Path(__file__).parent.parent.parent
PHOTO = Photo(upload=0.0, overhead=0.01, decode=0.02, infer=0.03)
SECONDS = 0.06  # of PHOTO on one CPU
COLD_START = 2.0


@pytest.fixture
def env():
    return Environment()


def finish_times(env, cpu, jobs):
    """When jobs end, given when they start and the seconds that they take."""
    ends = {}

    def job(number, start, seconds):
        yield env.timeout(start)
        yield cpu.run(seconds)
        ends[number] = env.now

    for number, (start, seconds) in enumerate(jobs):
        env.process(job(number, start, seconds))
    env.run()
    return [ends[number] for number in range(len(jobs))]


def simulate(env, flags, times, photo=PHOTO, *, until=None):
    cloud = CloudRun(env, flags, cold_start=COLD_START)
    env.process(feed(env, cloud, times, repeat(photo)))
    env.run(until=until or times[-1] + 60)
    return cloud


@pytest.mark.parametrize(
    ("cores", "jobs", "ends"),
    [
        (1, [(0, 1), (0, 1)], [2, 2]),
        (2, [(0, 1), (0, 1)], [1, 1]),
        (2, [(0, 1), (0, 1), (0, 1)], [1.5, 1.5, 1.5]),
        # Alone for half a second, then at half the speed.
        (1, [(0, 1), (0.5, 1)], [1.5, 2]),
        (1, [(0, 1), (5, 1)], [1, 6]),
    ],
)
def test_jobs_share_the_cores(env, cores, jobs, ends):
    cpu = Cpu(env, cores)
    assert finish_times(env, cpu, jobs) == pytest.approx(ends)
    assert cpu.used() == pytest.approx(sum(seconds for _, seconds in jobs))


def test_decoders_give_way(env):
    cpu = Cpu(env, 1)
    server, decoder = cpu.run(1.0), cpu.run_nice(1.0)
    share = SERVER_WEIGHT / (SERVER_WEIGHT + DECODER_WEIGHT)
    env.run(until=server)
    assert env.now == pytest.approx(1 / share)
    env.run(until=decoder)
    assert env.now == pytest.approx(2)


def test_a_decoder_has_the_core_that_the_server_leaves(env):
    cpu = Cpu(env, 2)
    ends = [cpu.run(1.0), cpu.run_nice(1.0)]
    env.run(until=ends[0] & ends[1])
    assert env.now == pytest.approx(1)


def test_sharing_takes_as_long_as_queueing_theory_says(env):
    # M/G/1 with processor sharing: the mean is seconds / (1 - utilisation), whatever the law of
    # the seconds. Kleinrock, Queueing Systems II, 4.4.
    utilisation, seconds = 0.7, 1.0
    starts = np.cumsum(np.random.default_rng(1).exponential(seconds / utilisation, 50_000))
    ends = finish_times(env, Cpu(env, 1), [(start, seconds) for start in starts])
    assert np.mean(ends - starts) == pytest.approx(seconds / (1 - utilisation), rel=0.05)


def test_a_photo_takes_its_stages_and_a_cold_start(env):
    cloud = simulate(env, Flags(), [0.0, 10.0])
    taken = [seconds for _, seconds in cloud.record.answers]
    assert taken == pytest.approx([COLD_START + SECONDS, SECONDS])


def test_an_upload_is_not_counted_but_takes_room(env):
    flags = Flags(concurrency=1, max_instances=1, min_instances=1)
    cloud = simulate(env, flags, [0.0, 0.0], PHOTO._replace(upload=3.0))
    taken = [seconds for _, seconds in cloud.record.answers]
    assert taken == pytest.approx([SECONDS, 2 * SECONDS])


def test_two_cpus_decode_two_photos_at_once_and_infer_one_on_two_threads(env):
    cloud = simulate(env, Flags(cpu=2, min_instances=1), [0.0, 0.0], PHOTO._replace(infer=0.0))
    assert [seconds for _, seconds in cloud.record.answers] == pytest.approx([0.03, 0.03])
    alone = simulate(Environment(), Flags(cpu=2, min_instances=1), [0.0])
    # 22.9 and 12.3 ms in docs/performance.md.
    assert alone.record.answers[0][1] - 0.03 == pytest.approx(0.03 * 12.3 / 22.9, rel=0.01)


@pytest.mark.parametrize(
    ("upload", "pause", "instances"),
    [
        (0.0, 0.14, 3),  # 4 x 0.06 s of CPU in 0.14 s, over 60 %
        (1.0, 0.4, 3),  # 4 x 1.06 s of requests in 0.4 s, over 60 % of 8
    ],
)
def test_the_autoscaler_keeps_cpu_and_concurrency_at_their_targets(env, upload, pause, instances):
    flags = Flags(concurrency=8, max_instances=100)
    times = np.repeat(np.arange(0, 300, pause), 4)
    cloud = simulate(env, flags, times, PHOTO._replace(upload=upload), until=300)
    assert cloud.record.most_active(since=200) == instances


def test_a_request_that_finds_no_room_is_refused_after_ten_seconds(env):
    flags = Flags(concurrency=1, max_instances=1, min_instances=1)
    cloud = simulate(env, flags, [0.0, 1.0, 2.0], PHOTO._replace(upload=11.5))
    # The first leaves at 11.56: the second came too early for that, the third did not.
    assert cloud.record.refused == [1.0]
    assert [when for when, _ in cloud.record.answers] == [0.0, 2.0]


def test_waiting_requests_start_as_many_instances_as_have_room_for_them(env):
    flags = Flags(concurrency=4, max_instances=100)
    cloud = simulate(env, flags, [0.0] * 12, PHOTO._replace(upload=5.0))
    assert cloud.record.most_active(since=0) == 3
    assert not cloud.record.refused


def test_requests_at_the_same_time_share_the_seconds_that_are_billed(env):
    cloud = simulate(env, Flags(min_instances=1), [0.0] * 4, PHOTO._replace(upload=1.0), until=100)
    # 1 s + 4 x 0.06 s, in steps of 0.1 s.
    assert cloud.billed_seconds() == pytest.approx(1.3)
    assert cloud.idle_seconds() == pytest.approx(100 - 1.24)


def test_a_start_is_billed_and_an_instance_that_was_kept_for_nothing_is_not(env):
    cloud = simulate(env, Flags(), [0.0], until=3600)
    assert cloud.billed_seconds() == pytest.approx(COLD_START + 0.1)


def test_an_instance_without_requests_stops_after_fifteen_minutes(env):
    cloud = simulate(env, Flags(), [0.0, 600.0, 1600.0], until=1700)
    waited = [seconds > COLD_START for _, seconds in cloud.record.answers]
    assert waited == [True, False, True]


def test_dollars_by_hand():
    # 1,000 s of 2 CPUs and 2 GiB, as many idle, a million requests.
    flags = Flags(cpu=2, memory=2)
    expected = 1000 * (2 * 0.000024 + 2 * 0.0000025) + 1000 * 4 * 0.0000025 + 0.40
    assert dollars(flags, billed=1000, idle=1000, requests=1_000_000) == pytest.approx(expected)


def test_the_flags_are_the_defaults_of_the_script():
    script = (ROOT / "deploy.sh").read_text()
    told = dict(re.findall(r"\$\{DEPLOY_(\w+):-(\d+)(?:Mi)?\}", script))
    flags = Flags()
    assert flags.memory * 1024 == int(told["MEMORY"])
    for name in ("cpu", "concurrency", "min_instances", "max_instances"):
        assert getattr(flags, name) == int(told[name.upper()]), name


@pytest.mark.parametrize("name", LOADS)
def test_a_load_brings_as_many_photos_as_its_rate_says(name):
    load = LOADS[name]
    expected = np.trapezoid([load.rate(t) for t in np.linspace(0, load.seconds, 10_001)])
    expected *= load.seconds / 10_000
    came = sum(1 for _ in load.arrivals(np.random.default_rng(2)))
    assert came == pytest.approx(expected, abs=4 * expected**0.5)


def test_a_link_multiplies_the_load_by_fifty_within_a_minute():
    rate = LOADS["a link goes round"].rate
    assert rate(240) == 50 * rate(180)


def test_measured_photos_cost_more_the_larger_they_are():
    measured = stages()
    assert measured.keys() == BYTES.keys()
    mean = {size: np.mean([sum(each) for each in measured[size]]) for size in measured}
    assert 0.005 < mean["150 kB"] < mean["3 MB"] < 0.5


def test_the_median_photo_is_sent_at_ten_megabits_a_second():
    sent = photos(stages()["3 MB"], BYTES["3 MB"], np.random.default_rng(3))
    uploads = [photo.upload for _, photo in zip(range(5000), sent, strict=False)]
    assert np.median(uploads) == pytest.approx(2.4, rel=0.05)


def test_the_same_run_gives_the_same_result():
    what = Run(Flags(), "1 a second", "150 kB")
    assert run(what) == run(what)
