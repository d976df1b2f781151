"""Print the list of cohorts: `python -m helpers.cohorts`."""

from helpers.cohorts.catalogue import list_cohorts
from helpers.files import cache_dir, data_dir

if __name__ == "__main__":
    print(list_cohorts())
    print("\nMB: images in memory at the smallest size; the download is smaller.")
    print(f"Cache: {cache_dir()}")
    print(f"COURSE_DATA_DIR: {data_dir() or 'not set'}")
