import explain_on_spark
from conftest import run_program


def test_every_picture_has_a_row_with_the_map_of_the_command_line(model, pictures, check, tmp_path):
    run_program("spark/explain_on_spark.py", model, pictures, tmp_path / "out", "--master", "local[2]", "--batch", 2)
    check(tmp_path / "out")


def test_a_worker_that_is_killed_loses_no_picture(model, pictures, check, death, tmp_path):
    """The task runs again; of the first attempt nothing is kept."""

    def rows(frames, model):
        for frame in explain_on_spark.explain_rows(frames, model):
            yield frame
            death()  # after its first batch

    spark = explain_on_spark.start("local[2,4]", batch=2)
    try:
        explain_on_spark.explain_folder(spark, model, pictures, str(tmp_path / "out"), partitions=2, rows=rows)
    finally:
        spark.stop()
    assert death.came()
    check(tmp_path / "out")
