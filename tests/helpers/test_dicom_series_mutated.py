"""Five thousand damaged slices in folders: a volume or the documented error."""

from tests.helpers.mutated_series import fuzz_series


def test_folders_with_damaged_slices_give_a_volume_or_the_documented_error():
    report = fuzz_series(5000)
    assert report.troubles == []
    assert report.tried == 5000
    assert 1000 < report.refused < 4900  # the damage is real and not too much
