from __future__ import annotations

from tools.lessons.times import read_times, record_time, times_file


def record(root, seconds, *, slowest=1.0, memory=123):
    record_time(root, "21_a", seconds=seconds, slowest_cell_s=slowest, memory_mb=memory)


def test_record_time_writes_whole_numbers(tmp_path):
    record(tmp_path, 61.6, slowest=40.4)
    assert times_file(tmp_path).read_text() == (
        "lesson,seconds,slowest_cell_s,peak_memory_mb,cpu_cores\n"
        + f"21_a,62,40,120,{read_times(tmp_path)['21_a']['cpu_cores']}\n"
    )


def test_record_time_takes_small_changes_for_noise_and_keeps_order(tmp_path):
    record(tmp_path, 100)
    for new, stored in ((124, 100), (76, 100), (130, 130), (60, 60)):
        record(tmp_path, new)
        assert read_times(tmp_path)["21_a"]["seconds"] == stored
    record_time(tmp_path, "00_b", seconds=5, slowest_cell_s=1, memory_mb=100)
    assert list(read_times(tmp_path)) == ["00_b", "21_a"]


def test_read_times_without_a_table_is_empty(tmp_path):
    assert read_times(tmp_path) == {}
