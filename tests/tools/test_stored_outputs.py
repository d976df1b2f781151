from __future__ import annotations

from pathlib import Path

import nbformat

from tools.lessons.stored_outputs import WIDGET_VIEW, clean_notebook, private_words

v4 = nbformat.v4
BAR = "\r 50%|##   | 6/12 [00:03<00:03,  2.00it/s]\r100%|####| 12/12 [00:06<00:00]"


def cleaned(*outputs, **metadata):
    cell = v4.new_code_cell("x", outputs=list(outputs), execution_count=7, **metadata)
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("a"), cell])
    return clean_notebook(notebook).cells[1]


def stream(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def test_progress_bars_are_dropped_and_text_is_kept():
    cell = cleaned(stream(BAR, "stderr"), stream(f"epoch 1\n{BAR}\nepoch 2\n"))
    assert [one.text for one in cell.outputs] == ["epoch 1\nepoch 2\n"]


def test_a_warning_is_not_mistaken_for_a_progress_bar():
    cell = cleaned(stream("UserWarning: 50% of the images are black\n", "stderr"))
    assert cell.outputs[0].text == "UserWarning: 50% of the images are black\n"


def test_a_line_that_overwrites_itself_keeps_its_last_state():
    assert cleaned(stream("1 of 3\r2 of 3\r3 of 3\n")).outputs[0].text == "3 of 3\n"


def test_colour_codes_are_removed():
    assert cleaned(stream("\x1b[31mred\x1b[0m\n")).outputs[0].text == "red\n"


def test_neighbouring_pieces_of_a_stream_are_joined():
    cell = cleaned(stream("a"), stream("b\n"), stream("c", "stderr"), stream("d"))
    assert [(one.name, one.text) for one in cell.outputs] == [
        ("stdout", "ab\n"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


def test_widgets_and_their_state_are_dropped():
    view = v4.new_output("display_data", data={WIDGET_VIEW: {}, "text/plain": "bar"})
    cell = v4.new_code_cell("x", outputs=[view])
    notebook = v4.new_notebook(cells=[cell], metadata={"widgets": {"state": {}}})
    clean_notebook(notebook)
    assert cell.outputs == []
    assert "widgets" not in notebook.metadata


def test_execution_counts_run_from_one_and_times_go():
    result = v4.new_output(
        "execute_result", data={"text/plain": "1"}, execution_count=7
    )
    cell = cleaned(result, metadata={"execution": {"iopub.execute_input": "2026"}})
    assert cell.execution_count == 1
    assert cell.outputs[0].execution_count == 1
    assert "execution" not in cell.metadata


def test_errors_keep_their_message_and_lose_the_paths_of_the_machine():
    error = v4.new_output(
        "error", ename="ValueError", evalue="bad", traceback=["/home/a/b.py", "line 1"]
    )
    assert cleaned(error).outputs[0].traceback == ["ValueError: bad"]


def test_pictures_are_stored_on_one_line():
    picture = v4.new_output("display_data", data={"image/png": "aGVs\nbG8=\n"})
    assert cleaned(picture).outputs[0].data["image/png"] == "aGVsbG8=\n"


def test_private_words_hold_the_folders_of_this_machine():
    words = private_words(Path("/srv/courses/radiology"))
    assert "/srv/courses/radiology" in words
    assert "/root" not in words
