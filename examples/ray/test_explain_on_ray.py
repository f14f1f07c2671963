import os
import signal

import explain_on_ray
import pytest
import ray
from conftest import run_program


def test_every_picture_has_a_row_with_the_map_of_the_command_line(model, pictures, check, tmp_path):
    run_program("ray/explain_on_ray.py", model, pictures, tmp_path / "out", "--workers", 2, "--batch", 2)
    check(tmp_path / "out")


def test_an_actor_that_is_killed_loses_no_picture(model, pictures, check, death, tmp_path):
    """The actor is started again, and its batch is given to it again."""

    class Mortal(explain_on_ray.Explain):
        calls = 0

        def __call__(self, batch):
            self.calls += 1
            if self.calls == 2:
                death()
            return super().__call__(batch)

    explain_on_ray.start(workers=2)
    try:
        explain_on_ray.explain_folder(model, pictures, str(tmp_path / "out"), batch=2, actor=Mortal)
    finally:
        ray.shutdown()
    assert death.came()
    check(tmp_path / "out")


def test_a_picture_that_kills_every_actor_ends_the_job(model, pictures, tests_on_workers, tmp_path):
    class Doomed(explain_on_ray.Explain):
        def __call__(self, batch):
            os.kill(os.getpid(), signal.SIGKILL)

    explain_on_ray.start(workers=2)
    try:
        with pytest.raises(ray.exceptions.RayError):
            explain_on_ray.explain_folder(model, pictures, str(tmp_path / "out"), batch=2, actor=Doomed)
    finally:
        ray.shutdown()
