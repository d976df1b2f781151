"""Known mistakes in the exercises of lesson 21."""

import numpy as np


def _forgot_the_channels(rows, columns, channels, filters, bias):
    return filters * (rows * columns + int(bias))


def _bias_for_each_channel(rows, columns, channels, filters, bias):
    return filters * channels * (rows * columns + int(bias))


def _forgot_the_bias(rows, columns, channels, filters, bias):
    return filters * rows * columns * channels


def _square_window(rows, columns, channels, filters, bias):
    return filters * (rows * rows * channels + int(bias))


def _only_the_present(labels, scores):
    return -np.mean(labels * np.log(scores))


def _summed(labels, scores):
    return -np.sum(labels * np.log(scores) + (1 - labels) * np.log(1 - scores))


def _base_two(labels, scores):
    return -np.mean(labels * np.log2(scores) + (1 - labels) * np.log2(1 - scores))


def _lost_the_sign(labels, scores):
    return np.mean(labels * np.log(scores) + (1 - labels) * np.log(1 - scores))


def _part_batch_counted(n_images, batch_size):
    return int(np.ceil(n_images / batch_size))


def _a_broken_number(n_images, batch_size):
    return n_images / batch_size


def _rounded(n_images, batch_size):
    return round(n_images / batch_size)


def _last_of_equals(tuning_loss):
    return len(tuning_loss) - int(np.argmin(tuning_loss[::-1]))


WRONG = {
    "21.1": {
        "forgot the channels of the input": _forgot_the_channels,
        "one bias for each channel": _bias_for_each_channel,
        "forgot the bias": _forgot_the_bias,
        "took the window for a square": _square_window,
    },
    "21.2": {
        "only the images with the finding": _only_the_present,
        "sum instead of mean": _summed,
        "logarithm to base 2": _base_two,
        "lost the minus sign": _lost_the_sign,
    },
    "21.3": {
        "counted the part batch": _part_batch_counted,
        "left a broken number": _a_broken_number,
        "rounded to the nearest": _rounded,
    },
    "21.5": {
        "counted epochs from 0": lambda tuning_loss: int(np.argmin(tuning_loss)),
        "took the last of equals": _last_of_equals,
        "took the last epoch": lambda tuning_loss: len(tuning_loss),
        "took the highest loss": lambda tuning_loss: int(np.argmax(tuning_loss)) + 1,
    },
}
