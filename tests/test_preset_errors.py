"""Every wrong preset gets one line: where it is wrong, what is wrong, what would be right."""

from __future__ import annotations

import errno
import os
import stat
import tracemalloc
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from bptui.cli import main
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset

SHIPPED = (Path(__file__).parent.parent / "presets" / "mazur.toml").read_text("utf-8")
MAZUR = SHIPPED[: SHIPPED.index("\n[expected.")]  # the network alone
W1 = 'w1 = { from = "i1", to = "h1", value = 0.15 }'
B1 = 'b1 = { to = ["h1", "h2"], value = 0.35, trainable = false }'
B2 = 'b2 = { to = ["o1", "o2"], value = 0.60, trainable = false }'
INPUTS = 'neurons = ["i1", "i2"]'
HIDDEN = 'neurons = ["h1", "h2"]'
LAYER = HIDDEN + '\nactivation = "sigmoid"'
TRAINING = '[training]\nlearning_rate = 0.5\nloss = "half_squared_error"\n'
BIASES = f"[biases]                            # one for each layer, never updated\n{B1}\n{B2}\n"
SAMPLES = "[[samples]]\ninput  = [0.05, 0.10]\ntarget = [0.01, 0.99]\n"
OTHERS = MAZUR[MAZUR.index('[[layers]]\nname = "hidden"') : MAZUR.index("[weights]")]
OUTPUT = 'neurons = ["o1", "o2"]\nactivation = "sigmoid"'
ONE_SOFTMAX = """title = "one"
[training]
learning_rate = 0.5
loss = "squared_error"
[[layers]]
name = "input"
neurons = 1
[[layers]]
activation = "softmax"
name = "output"
neurons = 1
initializer = { name = "normal", seed = 1 }
[[samples]]
input = [1]
target = [1]
"""
NO_NAME = "a name is a letter or _, then letters, digits, _ ' . ( ) [ ]"


class Bad(NamedTuple):
    """Mazur's example with something replaced, and what its author must read."""

    what: str
    old: str
    new: str
    line: int
    message: str
    more: tuple[tuple[str, str], ...] = ()
    """Further replacements."""


SYNTAX = (
    Bad(
        "a key without =",
        "learning_rate = 0.5",
        "learning_rate 0.5",
        5,
        "not TOML: a key must be followed by = and a value",
    ),
    Bad(
        "a decimal comma",
        "learning_rate = 0.5",
        "learning_rate = 0,5",
        5,
        "not TOML: only a # comment may follow a value or a [table]; a number is written like 0.5",
    ),
    Bad(
        "a point first",
        "learning_rate = 0.5",
        "learning_rate = .5",
        5,
        'not TOML: a value must be a number like 0.5, "text" in quotes, true, false, [ ] or { }',
    ),
    Bad(
        "text without quotes",
        'loss = "half_squared_error"',
        "loss = half_squared_error",
        6,
        'not TOML: a value must be a number like 0.5, "text" in quotes, true, false, [ ] or { }',
    ),
    Bad(
        "no value",
        'loss = "half_squared_error"',
        "loss =",
        6,
        'not TOML: a value must be a number like 0.5, "text" in quotes, true, false, [ ] or { }',
    ),
    Bad(
        "a text not closed",
        'loss = "half_squared_error"',
        'loss = "half_squared_error',
        6,
        "not TOML: a text is not closed; add the quotes at its end",
    ),
    Bad(
        "a text in apostrophes not closed",
        'loss = "half_squared_error"',
        "loss = 'half_squared_error",
        6,
        "not TOML: a text is not closed; add the quotes at its end",
    ),
    Bad(
        "a long text not closed",
        'loss = "half_squared_error"',
        'loss = """half_squared_error"',
        6,
        "not TOML: a text is not closed; add the quotes at its end",
    ),
    Bad(
        "a list not closed",
        HIDDEN,
        'neurons = ["h1", "h2"',
        15,
        'not TOML: a , or ] is missing in "neurons" of line 14',
    ),
    Bad(
        "a list not closed at the end",
        "target = [0.01, 0.99]",
        "target = [0.01, 0.99",
        38,
        'not TOML: a , or ] is missing in "target" of line 38',
    ),
    Bad(
        "a list without a comma",
        HIDDEN,
        'neurons = [\n  "h1"\n  "h2"\n]',
        16,
        'not TOML: a , or ] is missing in "neurons" of line 14',
    ),
    Bad(
        "an edge not closed",
        W1,
        'w1 = { from = "i1", to = "h1", value = 0.15',
        24,
        'not TOML: a , or } is missing in "w1" of line 23',
    ),
    Bad(
        "a header not closed",
        "[training]",
        "[training",
        4,
        "not TOML: expected ']' at the end of a table declaration",
    ),
    Bad(
        "a header of a list half closed",
        "[[samples]]",
        "[[samples]",
        36,
        "not TOML: expected ']]' at the end of an array declaration",
    ),
    Bad(
        "a colon",
        "learning_rate = 0.5",
        "learning_rate: 0.5",
        5,
        "not TOML: a key must be followed by = and a value",
    ),
    Bad(
        "a key with an umlaut",
        "learning_rate = 0.5",
        "öde = 0.5",
        5,
        'not TOML: a line must be key = value, [table] or # comment; quote keys like "é"',
    ),
    Bad(
        "a line of nothing but =",
        "learning_rate = 0.5",
        "= 0.5",
        5,
        'not TOML: a line must be key = value, [table] or # comment; quote keys like "é"',
    ),
    Bad(
        "a header without a name",
        "[training]",
        "[]",
        4,
        "not TOML: a key is missing, or must be in quotes",
    ),
    Bad(
        "a backslash",
        'loss = "half_squared_error"',
        'loss = "half\\squared_error"',
        6,
        "not TOML: a \\ in a text must be written \\\\",
    ),
    Bad(
        "a control character",
        'loss = "half_squared_error"',
        'loss = "half\x1b_error"',
        6,
        "not TOML: the character '\\x1b' cannot stand in a preset; remove it",
    ),
    Bad(
        "a control character in a comment",
        "[training]",
        "[training] # \x00",
        4,
        "not TOML: the character '\\x00' cannot stand in a preset; remove it",
    ),
    Bad(
        "a path",
        'loss = "half_squared_error"',
        'loss = "C:\\Users"',
        6,
        "not TOML: a \\ in a text must be written \\\\",
    ),
    Bad(
        "half a character",
        'loss = "half_squared_error"',
        'loss = "\\ud800"',
        6,
        "not TOML: a \\ in a text must be written \\\\",
    ),
    Bad(
        "a day that there is not",
        "learning_rate = 0.5",
        "learning_rate = 2023-02-29",
        5,
        "not TOML: there is no such day or time; a text must be in quotes",
    ),
    Bad(
        "something after a table's header",
        "[training]",
        "[training] learning_rate = 0.5",
        4,
        "not TOML: only a # comment may follow a value or a [table]; a number is written like 0.5",
    ),
    Bad(
        "an octal",
        "learning_rate = 0.5",
        "learning_rate = 0123",
        5,
        "not TOML: only a # comment may follow a value or a [table]; a number is written like 0.5",
    ),
    Bad(
        "an invalid date",
        "learning_rate = 0.5",
        "learning_rate = 2024-13-45",
        5,
        "not TOML: only a # comment may follow a value or a [table]; a number is written like 0.5",
    ),
    Bad(
        "a lone carriage return",
        "learning_rate = 0.5",
        "learning_rate = 0.5\r# ",
        5,
        "not TOML: a carriage return without a line feed; save the file with LF or CRLF",
    ),
    Bad(
        "two keys of a table",
        "w2 = {",
        "w1 = {",
        24,
        'duplicate name: "w1" is there already; rename or remove one',
    ),
    Bad(
        "two keys of a table, the second on several lines",
        HIDDEN,
        HIDDEN + '\nneurons = [\n  "h1",\n  "h2",\n]',
        15,
        'duplicate name: "neurons" is there already; rename or remove one',
    ),
    Bad(
        "two keys of an edge",
        '"h1", value = 0.15 }',
        '"h1", to = "h2", value = 0.15 }',
        23,
        'duplicate name: "to" is there already; rename or remove one',
    ),
    Bad(
        "a header twice",
        "[biases]",
        "[weights]",
        32,
        'duplicate name: "weights" is there already; rename or remove one',
    ),
    Bad(
        "a header of a list in single brackets",
        '[[layers]]\nname = "output"',
        '[layers]\nname = "output"',
        17,
        'duplicate name: "layers" is there already; write [[layers]] for each',
    ),
    Bad(
        "a quoted key twice",
        B2,
        'b2 = { to = "o1", value = 1 }\n"b2" = { to = "o2", value = 1 }',
        35,
        'duplicate name: "b2" is there already; rename or remove one',
    ),
    Bad(
        "a table that is a value already",
        "[biases]",
        "loss.x = 1\n[weights.w8]",
        33,
        'duplicate name: "weights.w8" is there already; rename or remove one',
    ),
    Bad(
        "a number of 5000 digits",
        "learning_rate = 0.5",
        "learning_rate = " + "9" * 5000,
        5,
        "a number of too many digits; shorten it",
    ),
)

UNKNOWN = (
    Bad(
        "an unknown key of the preset",
        "[training]",
        "sauce = 1\n[training]",
        4,
        'unknown key "sauce" in the preset; did you mean "source"?',
    ),
    Bad(
        "an unknown table",
        "[training]",
        "[taining]",
        4,
        'unknown key "taining" in the preset; did you mean "training"?',
    ),
    Bad(
        "an unknown key of training",
        "learning_rate = 0.5",
        "learnin_rate = 0.5",
        5,
        'unknown key "learnin_rate" in [training]; did you mean "learning_rate"?',
    ),
    Bad(
        "an unknown key of a layer",
        'activation = "sigmoid"',
        'activaton = "sigmoid"',
        15,
        'unknown key "activaton" in layer "hidden"; did you mean "activation"?',
    ),
    Bad(
        "an unknown key of an unnamed layer",
        'name = "hidden"',
        'nam = "hidden"',
        13,
        'unknown key "nam" in layer 2; did you mean "name"?',
    ),
    Bad(
        "an unknown key of a weight",
        '{ from = "i1", to = "h1"',
        '{ form = "i1", to = "h1"',
        23,
        'unknown key "form" in weights w1; did you mean "from"?',
    ),
    Bad(
        "an unknown key of a bias",
        "value = 0.35",
        "valeu = 0.35",
        33,
        'unknown key "valeu" in biases b1; did you mean "value"?',
    ),
    Bad(
        "an unknown key of a sample",
        "target = [0.01",
        "output = [0.01",
        38,
        'unknown key "output" in sample 1; there are input, target',
    ),
    Bad(
        "an unknown key of the notation",
        "[training]",
        '[notation]\nnte = "z"\n\n[training]',
        5,
        'unknown key "nte" in [notation]; did you mean "net"?',
    ),
    Bad(
        "an unknown key of an initializer",
        LAYER,
        LAYER + '\ninitializer = { name = "normal", sed = 1 }',
        16,
        'unknown key "sed" in "initializer"; did you mean "seed"?',
    ),
    Bad(
        "a key of another case",
        "learning_rate = 0.5",
        "Learning_Rate = 0.5",
        5,
        'unknown key "Learning_Rate" in [training]; did you mean "learning_rate"?',
    ),
    Bad(
        "a key with an escape sequence",
        "learning_rate = 0.5",
        '"learning\\u001b[31m" = 0.5',
        5,
        'unknown key "learning\\x1b[31m" in [training]; did you mean "learning_rate"?',
    ),
    Bad(
        "a key with a zero-width space",
        "learning_rate = 0.5",
        '"learning\\u200b_rate" = 0.5',
        5,
        'unknown key "learning\\u200b_rate" in [training]; did you mean "learning_rate"?',
    ),
    Bad(
        "a figure that is a number",
        "[training]",
        '[expected.1.forward]\n"net h1" = 0.3775\n\n[training]',
        5,
        'the figure "net h1" must be in quotes, as it is printed: "0.3775"',
    ),
    Bad(
        "a figure of no quantity",
        "[training]",
        '[expected.1.forward]\n"net h3" = "0.3775"\n\n[training]',
        5,
        "no neuron h3; there are h1, h2, o1, o2",
    ),
    Bad(
        "figures of no phase",
        "[training]",
        '[expected.1.forwards]\n"net h1" = "0.3775"\n\n[training]',
        4,
        'no phase "forwards"; there are forward, backward, update',
    ),
    Bad(
        "figures of no iteration",
        "[training]",
        '[expected.0.forward]\n"net h1" = "0.3775"\n\n[training]',
        4,
        'no iteration "0"; iterations are counted from 1',
    ),
    Bad(
        "figures without a phase",
        "[training]",
        '[expected.1]\n"net h1" = "0.3775"\n\n[training]',
        5,
        'printed figures stand in tables, [expected.1.forward]: "net h1" = "..."',
    ),
    Bad(
        "a figure with an unknown key",
        "[training]",
        '[expected.1.forward]\n"net h1" = { printed = "1", becuase = "" }\n\n[training]',
        5,
        'unknown key "becuase" in "net h1"; did you mean "because"?',
    ),
    Bad(
        "a note at no moment",
        "[training]",
        '[[notes]]\nmoment = "now"\nquantity = "w1"\ntext = ""\n\n[training]',
        5,
        '"now" is no moment; moments look like "1 backward", or "start"',
    ),
    Bad(
        "a note on no quantity",
        "[training]",
        '[[notes]]\nmoment = "start"\nquantity = "w9"\ntext = ""\n\n[training]',
        6,
        "no quantity or parameter w9; there are w1, w2, w3, w4, w5, w6, w7, w8, b1, b2",
    ),
    Bad(
        "a note without text",
        "[training]",
        '[[notes]]\nmoment = "start"\nquantity = "w1"\n\n[training]',
        4,
        'note 1 has no "text"; add text = ...',
    ),
    Bad(
        "a very long key",
        "learning_rate = 0.5",
        "l" * 10_001 + " = 0.5",
        5,
        "a key has 10001 characters; at most 10000 fit",
    ),
)

MISSING = (
    Bad(
        "no training",
        TRAINING,
        "",
        1,
        "no [training]; add it, with learning_rate = ... and loss = ...",
    ),
    Bad(
        "no learning rate",
        "learning_rate = 0.5\n",
        "",
        4,
        '[training] has no "learning_rate"; add learning_rate = ...',
    ),
    Bad(
        "no loss",
        'loss = "half_squared_error"\n',
        "",
        4,
        '[training] has no "loss"; add loss = ...',
    ),
    Bad(
        "no samples",
        SAMPLES,
        "",
        1,
        "no samples; add [[samples]] with input = [...] and target = [...]",
    ),
    Bad(
        "an empty list of samples",
        "title  =",
        "samples = []\ntitle  =",
        1,
        "no samples; add [[samples]] with input = [...] and target = [...]",
        ((SAMPLES, ""),),
    ),
    Bad("no neurons", HIDDEN + "\n", "", 12, 'layer "hidden" has no "neurons"; add neurons = ...'),
    Bad("no name of a layer", 'name = "hidden"\n', "", 12, 'layer 2 has no "name"; add name = ...'),
    Bad(
        "no activation",
        LAYER,
        HIDDEN,
        12,
        'layer "hidden" has no "activation"; add activation = "sigmoid" or the like',
    ),
    Bad(
        "no value of a weight",
        '"h1", value = 0.15 }',
        '"h1" }',
        23,
        "missing weight: w1 has no value; add value = ...",
    ),
    Bad(
        "no source of a weight",
        '{ from = "i1", to = "h1"',
        '{ to = "h1"',
        23,
        'weights w1 has no "from"; add from = ...',
    ),
    Bad(
        "no target of a weight",
        '"i1", to = "h1"',
        '"i1"',
        23,
        'weights w1 has no "to"; add to = ...',
    ),
    Bad(
        "no value of a bias", ", value = 0.35", "", 33, 'biases b1 has no "value"; add value = ...'
    ),
    Bad(
        "no target of a bias", 'to = ["h1", "h2"], ', "", 33, 'biases b1 has no "to"; add to = ...'
    ),
    Bad(
        "no target of a sample",
        "target = [0.01, 0.99]\n",
        "",
        36,
        'sample 1 has no "target"; add target = ...',
    ),
    Bad(
        "no seed",
        LAYER,
        LAYER + '\ninitializer = { name = "normal" }',
        16,
        '"initializer" has no "seed"; add seed = ...',
    ),
)

TYPES = (
    Bad(
        "title a number",
        'title  = "A Step by Step Backpropagation Example"',
        "title = 1",
        1,
        '"title" must be text in quotes',
    ),
    Bad(
        "title a date",
        'title  = "A Step by Step Backpropagation Example"',
        "title = 2015-03-17",
        1,
        '"title" must be text in quotes',
    ),
    Bad("source a list", 'source = "', "source = []\n#", 2, '"source" must be text in quotes'),
    Bad(
        "training a number",
        TRAINING,
        "training = 3\n",
        4,
        "[training] must be a table: { learning_rate = ..., loss = ... }",
    ),
    Bad(
        "training a list of tables",
        "[training]",
        "[[training]]",
        4,
        "[training] must be a table: { learning_rate = ..., loss = ... }",
    ),
    Bad(
        "learning rate in quotes",
        "learning_rate = 0.5",
        'learning_rate = "0.5"',
        5,
        '"learning_rate" must be a number, not text in quotes',
    ),
    Bad(
        "learning rate a truth value",
        "learning_rate = 0.5",
        "learning_rate = true",
        5,
        '"learning_rate" must be a number, not true or false',
    ),
    Bad(
        "learning rate a list",
        "learning_rate = 0.5",
        "learning_rate = [0.5]",
        5,
        '"learning_rate" must be a number, not a list in [ ]',
    ),
    Bad(
        "learning rate a date",
        "learning_rate = 0.5",
        "learning_rate = 2015-03-17",
        5,
        '"learning_rate" must be a number, not a date',
    ),
    Bad(
        "learning rate a time",
        "learning_rate = 0.5",
        "learning_rate = 07:30:00",
        5,
        '"learning_rate" must be a number, not a time',
    ),
    Bad(
        "learning rate a moment",
        "learning_rate = 0.5",
        "learning_rate = 2015-03-17T07:30:00Z",
        5,
        '"learning_rate" must be a number, not a date',
    ),
    Bad(
        "learning rate nan",
        "learning_rate = 0.5",
        "learning_rate = nan",
        5,
        '"learning_rate" is nan; give a finite number, at most 1.79e308',
    ),
    Bad(
        "learning rate negative",
        "learning_rate = 0.5",
        "learning_rate = -0.5",
        5,
        "the learning rate -0.5 climbs the loss; give a positive one",
    ),
    Bad(
        "loss a number",
        'loss = "half_squared_error"',
        "loss = 1",
        6,
        '"loss" must be text in quotes, not a whole number',
    ),
    Bad(
        "batch 0",
        "[training]",
        "[training]\nbatch = 0",
        5,
        '"batch" must be "full", "online" or a whole number from 1',
    ),
    Bad(
        "batch -1",
        "[training]",
        "[training]\nbatch = -1",
        5,
        '"batch" must be "full", "online" or a whole number from 1',
    ),
    Bad(
        "batch half",
        "[training]",
        '[training]\nbatch = "half"',
        5,
        '"batch" must be "full", "online" or a whole number from 1',
    ),
    Bad(
        "batch a fraction",
        "[training]",
        "[training]\nbatch = 0.5",
        5,
        '"batch" must be "full", "online" or a whole number from 1',
    ),
    Bad(
        "batch true",
        "[training]",
        "[training]\nbatch = true",
        5,
        '"batch" must be "full", "online" or a whole number from 1',
    ),
    Bad(
        "first batch 0",
        "[training]",
        "[training]\nfirst_batch = 0",
        5,
        '"first_batch" must be a whole number of at least 1',
    ),
    Bad(
        "first batch in words",
        "[training]",
        '[training]\nfirst_batch = "online"',
        5,
        '"first_batch" must be a whole number, not text in quotes',
    ),
    Bad(
        "a first batch where there is only one",
        "[training]",
        "[training]\n\nfirst_batch = 2",
        6,
        '"first_batch" is 2, but an epoch has only 1 batch; remove this line',
    ),
    Bad(
        "a first batch past the last, which is a smaller one",
        "[training]",
        "[training]\nbatch = 2\nfirst_batch = 4",
        6,
        '"first_batch" is 4, but an epoch has only 3 batches; give 1 to 3',
        ((SAMPLES, SAMPLES * 5),),
    ),
    Bad(
        "an enormous first batch",
        "[training]",
        "[training]\nbatch = 1\nfirst_batch = 99999999999999999999",
        6,
        '"first_batch" is 99999999999999999999, but an epoch has only 2 batches; give 1 to 2',
        ((SAMPLES, SAMPLES * 2),),
    ),
    Bad(
        "update unknown",
        "[training]",
        '[training]\nupdate = "simultanous"',
        5,
        '"update" must be "simultaneous" or "sequential"',
    ),
    Bad(
        "reduction a list",
        "[training]",
        "[training]\nreduction = []",
        5,
        '"reduction" must be "sum" or "mean"',
    ),
    Bad(
        "frozen a text",
        "[training]",
        '[training]\nfrozen = "w1"',
        5,
        '"frozen" must be a list in [ ], not text in quotes',
    ),
    Bad(
        "frozen with a number",
        "[training]",
        '[training]\nfrozen = ["w1", 2]',
        5,
        'item 2 of "frozen" must be text in quotes, not a whole number',
    ),
    Bad(
        "frozen naming no parameter",
        "[training]",
        '[training]\nfrozen = ["w1",\n  "w11"]',
        6,
        'no parameter "w11"; did you mean "w1"?',
    ),
    Bad(
        "frozen naming a neuron",
        "[training]",
        '[training]\nfrozen = ["h1"]',
        5,
        'no parameter "h1"; there are w1, w2, w3, w4, w5, w6, w7, w8, b1, b2',
    ),
    Bad(
        "layers a table",
        '[[layers]]\nname = "input"',
        '[layers]\nname = "input"',
        8,
        '"layers" must be written [[layers]], once for each layer',
        ((OTHERS, ""),),
    ),
    Bad(
        "neurons a text",
        HIDDEN,
        'neurons = "h1"',
        14,
        '"neurons" must be a whole number or a list in [ ], not text in quotes',
    ),
    Bad(
        "neurons a fraction",
        HIDDEN,
        "neurons = 2.0",
        14,
        '"neurons" must be a whole number or a list in [ ], not a decimal number',
    ),
    Bad(
        "neurons true",
        HIDDEN,
        "neurons = true",
        14,
        '"neurons" must be a whole number or a list in [ ], not true or false',
    ),
    Bad("neurons 0", HIDDEN, "neurons = 0", 14, '"neurons" must be a whole number of at least 1'),
    Bad("neurons empty", HIDDEN, "neurons = []", 14, 'layer "hidden" has no neurons; name some'),
    Bad(
        "neurons with a number",
        HIDDEN,
        'neurons = ["h1", 2]',
        14,
        'item 2 of "neurons" must be text in quotes, not a whole number',
    ),
    Bad(
        "neurons on lines of their own",
        HIDDEN,
        'neurons = [\n  "h1",\n  2,\n]',
        16,
        'item 2 of "neurons" must be text in quotes, not a whole number',
    ),
    Bad(
        "activation a number",
        'activation = "sigmoid"',
        "activation = 1",
        15,
        '"activation" must be text in quotes, not a whole number',
    ),
    Bad(
        "a layer's name a number",
        'name = "hidden"',
        "name = 1",
        13,
        '"name" must be text in quotes, not a whole number',
    ),
    Bad(
        "weights a list of tables",
        "[weights]",
        "[[weights]]",
        22,
        '"weights" must be a table: [weights], then a line for each',
    ),
    Bad(
        "a weight a number",
        W1,
        "w1 = 0.15",
        23,
        "weights w1 must be a table: { from = ..., to = ..., value = ... }",
    ),
    Bad(
        "a weight's source a list",
        'from = "i1", to = "h1"',
        'from = ["i1"], to = "h1"',
        23,
        '"from" must be text in quotes, not a list in [ ]',
    ),
    Bad(
        "a weight's target a list",
        'from = "i1", to = "h1"',
        'from = "i1", to = ["h1"]',
        23,
        '"to" must be text in quotes, not a list in [ ]',
    ),
    Bad(
        "a weight in quotes",
        "value = 0.15",
        'value = "0.15"',
        23,
        '"value" must be a number, not text in quotes',
    ),
    Bad(
        "a weight inf",
        "value = 0.15",
        "value = -inf",
        23,
        '"value" is -inf; give a finite number, at most 1.79e308',
    ),
    Bad(
        "a weight above all",
        "value = 0.15",
        "value = 1e400",
        23,
        '"value" is inf; give a finite number, at most 1.79e308',
    ),
    Bad(
        "a weight of 400 digits",
        "value = 0.15",
        "value = " + "9" * 400,
        23,
        '"value" is too large; give a number of at most 1.79e308',
    ),
    Bad(
        "trainable a number",
        "value = 0.15",
        "value = 0.15, trainable = 0",
        23,
        '"trainable" must be true or false, not a whole number',
    ),
    Bad(
        "trainable a text",
        "value = 0.15",
        'value = 0.15, trainable = "no"',
        23,
        '"trainable" must be true or false, not text in quotes',
    ),
    Bad(
        "biases a number",
        "title  =",
        "biases = 1\ntitle  =",
        1,
        '"biases" must be a table: [biases], then a line for each',
        ((BIASES, ""),),
    ),
    Bad(
        "a bias a list",
        B1,
        "b1 = [0.35]",
        33,
        "biases b1 must be a table: { to = ..., value = ... }",
    ),
    Bad(
        "a bias's target a number",
        'to = ["h1", "h2"]',
        "to = 1",
        33,
        '"to" must be text in quotes or a list in [ ], not a whole number',
    ),
    Bad(
        "a bias's targets numbers",
        'to = ["h1", "h2"]',
        'to = ["h1", 2]',
        33,
        'item 2 of "to" must be text in quotes, not a whole number',
    ),
    Bad(
        "samples a table",
        "[[samples]]",
        "[samples]",
        36,
        '"samples" must be written [[samples]], once for each sample',
    ),
    Bad(
        "samples numbers",
        "title  =",
        "samples = [0.5]\ntitle  =",
        1,
        "sample 1 must be a table: { input = ..., target = ... }",
        ((SAMPLES, ""),),
    ),
    Bad(
        "an input in quotes",
        "input  = [0.05, 0.10]",
        'input = [0.05, "0.10"]',
        37,
        'item 2 of "input" must be a number, not text in quotes',
    ),
    Bad(
        "an input a number",
        "input  = [0.05, 0.10]",
        "input = 0.05",
        37,
        '"input" must be a list in [ ], not a decimal number',
    ),
    Bad(
        "an input in two lists",
        "input  = [0.05, 0.10]",
        "input = [[0.05, 0.10]]",
        37,
        'item 1 of "input" must be a number, not a list in [ ]',
    ),
    Bad(
        "an input nan, on a line of its own",
        "input  = [0.05, 0.10]",
        "input = [\n  0.05,\n  nan,\n]",
        39,
        'item 2 of "input" is nan; give a finite number, at most 1.79e308',
    ),
    Bad(
        "a target true",
        "target = [0.01, 0.99]",
        "target = [0.01, true]",
        38,
        'item 2 of "target" must be a number, not true or false',
    ),
    Bad(
        "notation a text",
        "title  =",
        'notation = "z"\ntitle  =',
        1,
        "[notation] must be a table: { net = ..., out = ... }",
    ),
    Bad(
        "notation a number",
        "[training]",
        "[notation]\nnet = 1\n\n[training]",
        5,
        '"net" must be text in quotes, not a whole number',
    ),
    Bad(
        "notation with two places",
        "[training]",
        '[notation]\nout = "{}{}"\n\n[training]',
        5,
        '"out" must be a word, "z", or have one {} for the neuron, "z_{}"',
    ),
    Bad(
        "notation with a field",
        "[training]",
        '[notation]\nnet = "{neuron}"\n\n[training]',
        5,
        '"net" must be a word, "z", or have one {} for the neuron, "z_{}"',
    ),
    Bad(
        "notation blank",
        "[training]",
        '[notation]\nnet = " "\n\n[training]',
        5,
        '"net" must be a word, "z", or have one {} for the neuron, "z_{}"',
    ),
    Bad(
        "a title of a novel",
        'title  = "A Step',
        'title = "' + "A" * 10_000,
        1,
        '"title" has 10032 characters; at most 10000 fit',
    ),
    Bad(
        "a table 30 deep",
        "target = [0.01, 0.99]",
        "target = " + "[" * 30 + "]" * 30,
        38,
        "nested too deeply; no key of a preset is 20 levels down",
    ),
)

NAMES = (
    Bad(
        "an unknown activation",
        'activation = "sigmoid"',
        'activation = "sigmod"',
        15,
        'unknown activation "sigmod"; did you mean "sigmoid"?',
    ),
    Bad(
        "an activation of another world",
        'activation = "sigmoid"',
        'activation = "zzz"',
        15,
        'unknown activation "zzz"; there are sigmoid, tanh, relu, identity, softmax',
    ),
    Bad(
        "an unknown loss",
        "half_squared_error",
        "half_square_error",
        6,
        'unknown loss "half_square_error"; did you mean "half_squared_error"?',
    ),
    Bad(
        "a threshold beside a bias",
        B1,
        'b1 = { to = "h1", value = 0.35 }\nb3 = { to = "h2", value = 0.35, threshold = true }',
        34,
        "b3 is a threshold, but b1 in the same layer is added; one kind is enough for a layer",
    ),
    Bad(
        "softmax in a hidden layer",
        LAYER,
        LAYER.replace("sigmoid", "softmax"),
        15,
        "softmax works in the last layer only",
    ),
    Bad(
        "softmax of one neuron",
        MAZUR,
        ONE_SOFTMAX,
        9,
        'softmax of one neuron is always 1; give it "sigmoid"',
    ),
    Bad(
        "cross-entropy of what is no probability",
        "half_squared_error",
        "binary_cross_entropy",
        6,
        "cross-entropy wants outputs from 0 to 1: sigmoid or softmax, not tanh",
        ((OUTPUT, OUTPUT.replace("sigmoid", "tanh")),),
    ),
    Bad(
        "cross-entropy with a target beyond 1",
        "half_squared_error",
        "binary_cross_entropy",
        38,
        "a target of 1.5; cross-entropy wants targets from 0 to 1",
        (("[0.01, 0.99]", "[0.01, 1.5]"),),
    ),
    Bad(
        "an unknown initializer",
        LAYER,
        LAYER + '\ninitializer = { name = "norml", seed = 1 }',
        16,
        'unknown initializer "norml"; did you mean "normal"?',
    ),
    Bad(
        "a negative seed",
        LAYER,
        LAYER + '\ninitializer = { name = "normal", seed = -1 }',
        16,
        '"seed" must be a whole number of at least 0',
    ),
    Bad(
        "an initializer a text",
        LAYER,
        LAYER + '\ninitializer = "normal"',
        16,
        '"initializer" must be a table, not text in quotes',
    ),
    Bad(
        "a neuron's name twice in a layer",
        HIDDEN,
        'neurons = ["h1", "h1"]',
        14,
        'duplicate name: "h1" is a neuron already; rename one of the two',
    ),
    Bad(
        "a neuron's name in two layers",
        'neurons = ["o1", "o2"]',
        'neurons = [\n  "o1",\n  "h2",\n]',
        21,
        'duplicate name: "h2" is a neuron already; rename one of the two',
    ),
    Bad(
        "a weight named like a neuron",
        "w1 =",
        "h1 =",
        23,
        'duplicate name: "h1" is a neuron already; rename one of the two',
    ),
    Bad(
        "a bias named like a weight",
        "b2 =",
        "w2 =",
        34,
        'duplicate name: "w2" is a weight already; rename one of the two',
    ),
    Bad(
        "a layer's name twice",
        'name = "output"',
        'name = "hidden"',
        18,
        'duplicate name: there is a layer "hidden" already; rename one of the two',
    ),
    Bad(
        "a reserved neuron",
        INPUTS,
        'neurons = ["input", "i2"]',
        10,
        (
            'the neuron name "input" is a word of addresses, like net h1 and dE/dw1; call it '
            "input1 or the like"
        ),
    ),
    Bad(
        "a reserved weight",
        "w1 =",
        "E =",
        23,
        (
            'the weight name "E" is a word of addresses, like net h1 and dE/dw1; call it E1 or '
            "the like"
        ),
    ),
    Bad(
        "a reserved bias",
        "b2 =",
        '"dE" =',
        34,
        (
            'the bias name "dE" is a word of addresses, like net h1 and dE/dw1; call it dE1 or '
            "the like"
        ),
    ),
    Bad(
        "a space in a name",
        "w1 =",
        '"w 1" =',
        23,
        f'the weight name "w 1" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "a slash in a name",
        "w1 =",
        '"w/1" =',
        23,
        f'the weight name "w/1" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "an @ in a name",
        HIDDEN,
        'neurons = ["h1", "h@2"]',
        14,
        f'the neuron name "h@2" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "an empty name",
        "w1 =",
        '"" =',
        23,
        f'the weight name "" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "an empty neuron name",
        HIDDEN,
        'neurons = ["", "h2"]',
        14,
        f'the neuron name "" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "a digit first",
        "w1 =",
        "1w =",
        23,
        f'the weight name "1w" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "a dash in a name",
        "w1 =",
        "w-1 =",
        23,
        f'the weight name "w-1" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "a zero-width space in a name",
        "w1 =",
        '"w\\u200b1" =',
        23,
        f'the weight name "w\\u200b1" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "a combining accent in a name",
        "w1 =",
        '"we\\u0301" =',
        23,
        f'the weight name "wé" cannot be part of an address; {NO_NAME}',
    ),
    Bad(
        "a line end in a name",
        HIDDEN,
        'neurons = ["h1", "h2\\n"]',
        14,
        f'the neuron name "h2\\n" cannot be part of an address; {NO_NAME}',
    ),
)

EDGES = (
    Bad(
        "from a neuron that is not there",
        'from = "i1", to = "h1"',
        'from = "i3", to = "h1"',
        23,
        'w1 leads from "i3", which is no neuron; there are i1, i2, h1, h2, o1, o2',
    ),
    Bad(
        "to a neuron that is not there",
        'from = "i1", to = "h1"',
        'from = "i1", to = "q"',
        23,
        'w1 leads to "q", which is no neuron; there are i1, i2, h1, h2, o1, o2',
    ),
    Bad(
        "of several lines",
        W1 + "\n",
        "",
        33,
        'w1 leads to "hh", which is no neuron; there are i1, i2, h1, h2, o1, o2',
        (("[biases]", '[weights.w1]\nfrom = "i1"\nto = "hh"\nvalue = 0.15\n\n[biases]'),),
    ),
    Bad(
        "of dotted keys",
        W1,
        'w1.from = "i1"\nw1.to = "hh"\nw1.value = 0.15',
        24,
        'w1 leads to "hh", which is no neuron; there are i1, i2, h1, h2, o1, o2',
    ),
    Bad(
        "back a layer",
        'from = "i1", to = "h1"',
        'from = "h1", to = "i1"',
        23,
        "w1 leads from h1 back to i1; swap from and to",
    ),
    Bad(
        "back two layers",
        'from = "i1", to = "h1"',
        'from = "o1", to = "i1"',
        23,
        "w1 leads from o1 back to i1; edges lead to the next layer",
    ),
    Bad(
        "to itself",
        'from = "i1", to = "h1"',
        'from = "h1", to = "h1"',
        23,
        "w1 leads from h1 to h1 of the same layer; edges lead to the next layer",
    ),
    Bad(
        "within a layer",
        'from = "i1", to = "h1"',
        'from = "h2", to = "h1"',
        23,
        "w1 leads from h2 to h1 of the same layer; edges lead to the next layer",
    ),
    Bad(
        "past a layer",
        'from = "i1", to = "h1"',
        'from = "i1", to = "o1"',
        23,
        "w1 leads from i1 past the next layer to o1; edges lead to the next layer",
    ),
    Bad(
        "two for a pair",
        'from = "i2", to = "h1"',
        'from = "i1", to = "h1"',
        24,
        "duplicate edge: w1 leads from i1 to h1 already; remove one of the two",
    ),
    Bad(
        "none to a neuron",
        HIDDEN,
        'neurons = ["h1", "h2", "h3"]',
        14,
        (
            "missing weight: none leads to h3; add one to [weights] with from = one of i1, i2 "
            'and to = "h3", or give the layer "weights" or "initializer"'
        ),
    ),
    Bad(
        "none to a numbered neuron",
        HIDDEN,
        "neurons = 3",
        14,
        (
            "missing weight: none leads to h3; add one to [weights] with from = one of i1, i2 "
            'and to = "h3", or give the layer "weights" or "initializer"'
        ),
    ),
)

ADDED = (
    Bad(
        "of an input",
        'to = ["h1", "h2"]',
        'to = ["h1", "i1"]',
        33,
        "i1 is an input, which has no bias; leave it out",
    ),
    Bad(
        "of an unknown neuron",
        'to = ["h1", "h2"]',
        'to = ["h1", "h3"]',
        33,
        'b1 is added to "h3", which is no neuron; there are h1, h2, o1, o2',
    ),
    Bad(
        "of an unknown neuron by itself",
        'to = ["h1", "h2"]',
        'to = "x"',
        33,
        'b1 is added to "x", which is no neuron; there are h1, h2, o1, o2',
    ),
    Bad(
        "two of a neuron",
        'to = ["o1", "o2"]',
        'to = ["o1", "h2"]',
        34,
        "h2 has a bias already, b1; remove one of the two",
    ),
    Bad(
        "twice of a neuron",
        'to = ["h1", "h2"]',
        'to = ["h1", "h1"]',
        33,
        "h1 has a bias already, b1; remove one of the two",
    ),
    Bad(
        "of nothing",
        'to = ["h1", "h2"]',
        "to = []",
        33,
        "b1 is no neuron's bias; there are h1, h2, o1, o2",
    ),
)

NUMBERS = (
    Bad(
        "an input too few",
        "input  = [0.05, 0.10]",
        "input = [0.05]",
        37,
        '"input" has 1 number; it needs 2, one for each of i1, i2',
    ),
    Bad(
        "an input too many",
        "input  = [0.05, 0.10]",
        "input = [0.05, 0.10, 0.15]",
        37,
        '"input" has 3 numbers; it needs 2, one for each of i1, i2',
    ),
    Bad(
        "a target too few",
        "target = [0.01, 0.99]",
        "target = []",
        38,
        '"target" has 0 numbers; it needs 2, one for each of o1, o2',
    ),
    Bad(
        "a target too many in the second",
        "target = [0.01, 0.99]",
        "target = [0.01, 0.99]\n[[samples]]\ninput = [1, 2]\ntarget = [1, 2, 3]",
        41,
        '"target" has 3 numbers; it needs 2, one for each of o1, o2',
    ),
)

LAYERS = (
    Bad(
        "activation of the inputs",
        INPUTS,
        INPUTS + '\nactivation = "tanh"',
        11,
        "the input layer has no activation; remove this line",
    ),
    Bad(
        "biases of the inputs",
        INPUTS,
        INPUTS + "\nbiases = [1, 2]",
        11,
        "the input layer has no biases; remove this line",
    ),
    Bad(
        "weights of the inputs",
        INPUTS,
        INPUTS + "\nweights = []",
        11,
        "the input layer has no weights; remove this line",
    ),
    Bad(
        "initializer of the inputs",
        INPUTS,
        INPUTS + '\ninitializer = { name = "zeros", seed = 1 }',
        11,
        "the input layer has no initializer; remove this line",
    ),
    Bad(
        "a number in place of a matrix",
        LAYER,
        LAYER + "\nweights = 1",
        16,
        '"weights" must be a list in [ ], not a whole number',
    ),
    Bad(
        "a row in place of a matrix",
        LAYER,
        LAYER + "\nweights = [1, 2]",
        16,
        'item 1 of "weights" must be a list in [ ], not a whole number',
    ),
    Bad(
        "a matrix with a text",
        LAYER,
        LAYER + '\nweights = [[1, 2], [3, "4"]]',
        16,
        'item 2 of item 2 of "weights" must be a number, not text in quotes',
    ),
    Bad(
        "a matrix of too few rows",
        LAYER,
        LAYER + "\nweights = [[1, 2]]",
        16,
        '"weights" has 1 row; it needs 2, one for each of i1, i2',
    ),
    Bad(
        "a matrix of too many columns",
        LAYER,
        LAYER + "\nweights = [\n  [1, 2],\n  [1, 2, 3],\n]",
        18,
        'row 2 of "weights" has 3 numbers; it needs 2, one for each of h1, h2',
    ),
    Bad(
        "an empty matrix",
        LAYER,
        LAYER + "\nweights = []",
        16,
        '"weights" has 0 rows; it needs 2, one for each of i1, i2',
    ),
    Bad(
        "too few biases",
        LAYER,
        LAYER + "\nbiases = [1]",
        16,
        '"biases" has 1 number; it needs 2, one for each of h1, h2',
    ),
    Bad(
        "a matrix and an edge",
        LAYER,
        LAYER + "\nweights = [[1, 2], [3, 4]]",
        24,
        "w1 leads to h1, whose layer gives all its weights itself; remove one of the two",
    ),
    Bad(
        "biases and a bias",
        LAYER,
        LAYER + "\nbiases = [1, 2]",
        34,
        "h1 has a bias already, b_h1; remove one of the two",
    ),
    Bad(
        "an initializer and weights",
        LAYER,
        LAYER + '\nweights = [[1, 2], [3, 4]]\ninitializer = { name = "normal", seed = 1 }',
        17,
        'layer "hidden" has "weights" already; remove one of the two',
    ),
    Bad(
        "an initializer and an edge",
        LAYER,
        LAYER + '\ninitializer = { name = "normal", seed = 1 }',
        24,
        "w1 leads to h1, whose layer gives all its weights itself; remove one of the two",
    ),
    Bad(
        "a billion neurons",
        HIDDEN,
        "neurons = 1000000000",
        14,
        "too many neurons; at most 2000 work in all layers together",
    ),
    Bad(
        "neurons of 300 digits",
        HIDDEN,
        "neurons = " + "9" * 300,
        14,
        "too many neurons; at most 2000 work in all layers together",
    ),
    Bad(
        "a seed of 400 digits",
        LAYER,
        LAYER + '\ninitializer = { name = "normal", seed = ' + "9" * 400 + " }",
        16,
        '"seed" is too large; give a number of at most 1.79e308',
    ),
    Bad(
        "a generated name",
        INPUTS,
        'neurons = ["h1", "i2"]',
        14,
        'duplicate name: "h1" is a neuron already; rename one of the two',
        ((HIDDEN, "neurons = 2"),),
    ),
    Bad(
        "a generated weight",
        LAYER,
        LAYER + "\nweights = [[1, 2], [3, 4]]",
        24,
        'duplicate name: "w_i1_h2" is a weight already; rename one of the two',
        ((W1, 'w_i1_h2 = { from = "i1", to = "h1", value = 0.15 }'),),
    ),
)


@pytest.mark.parametrize(
    "bad",
    [*SYNTAX, *UNKNOWN, *MISSING, *TYPES, *NAMES, *EDGES, *ADDED, *NUMBERS, *LAYERS],
    ids=lambda bad: bad.what,
)
def test_a_wrong_preset_gets_its_line_and_what_would_be_right(
    bad: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MAZUR
    for old, new in ((bad.old, bad.new), *bad.more):
        assert old in text
        text = text.replace(old, new, 1)
    file = tmp_path / "bad.toml"
    file.write_bytes(text.encode())
    assert told(file, capsys) == f"bptui: {file}:{bad.line}: {bad.message}"


def told(file: Path | str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return the one line that is all that tracing a wrong preset may say."""
    assert main(["trace", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    return err.removesuffix("\n")


def test_a_preset_of_nothing_lacks_its_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "empty.toml"
    file.write_bytes(b"")
    assert told(file, capsys) == (
        f"bptui: {file}:1: no [training]; add it, with learning_rate = ... and loss = ..."
    )


LAYER_1 = '[[layers]]\nname = "input"\nneurons = {}\n\n'
LAYER_2 = '[[layers]]\nname = "output"\nneurons = {}\nactivation = "tanh"\n'
DRAWN = 'initializer = { name = "normal", seed = 1 }\n'
SAMPLE = "\n[[samples]]\ninput = [1]\ntarget = [1]\n"
AT_LEAST = "a network has at least two, the inputs first and the outputs last"
SCRATCH = (
    (
        "no layers",
        TRAINING + SAMPLE,
        1,
        "no layers; add [[layers]] with name = ... and neurons = [...]",
    ),
    ("an empty list of layers", "layers = []\n" + TRAINING + SAMPLE, 1, f"0 layers; {AT_LEAST}"),
    ("one layer", TRAINING + LAYER_1.format(1) + SAMPLE, 4, f"1 layer; {AT_LEAST}"),
    (
        "too many weights drawn",
        TRAINING + LAYER_1.format(317) + LAYER_2.format(317) + DRAWN + SAMPLE,
        8,
        "100489 weights are too many; at most 100000 work",
    ),
    (
        "too many weights drawn by several layers",
        TRAINING
        + LAYER_1.format(150)
        + "".join(LAYER_2.format(150).replace("output", f"l{k}") + DRAWN for k in range(10))
        + SAMPLE,
        28,
        "112500 weights are too many; at most 100000 work",
    ),
    (
        "a number of neurons without weights",
        TRAINING + LAYER_1.format(1) + LAYER_2.format(1) + SAMPLE,
        10,
        "missing weight: none leads to o1; add one to [weights] with from = one of i1 and "
        'to = "o1", or give the layer "weights" or "initializer"',
    ),
)


@pytest.mark.parametrize(
    ("text", "line", "message"), [pytest.param(*rest, id=what) for what, *rest in SCRATCH]
)
def test_a_wrong_network_gets_its_line_and_what_would_be_right(
    text: str, line: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, "utf-8")
    assert told(file, capsys) == f"bptui: {file}:{line}: {message}"


def test_too_many_weights_by_name_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.preset.generate.MAX_PARAMETERS", 7)
    file = tmp_path / "bad.toml"
    file.write_text(MAZUR, "utf-8")
    assert told(file, capsys) == (f"bptui: {file}:22: 8 weights are too many; at most 7 work")


@pytest.mark.parametrize("neurons", ["1000000000", "9" * 300])
def test_a_billion_neurons_are_refused_in_no_memory(neurons: str) -> None:
    text = TRAINING + LAYER_1.format(neurons) + LAYER_2.format(neurons) + DRAWN + SAMPLE
    tracemalloc.start()
    with pytest.raises(PresetError, match="too many neurons"):
        parse_preset(text, "big.toml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("opening", ["[", "{ a = ", "{ a.b.c.d.e.f.g.h = "])
@pytest.mark.parametrize("depth", [21, 300, 20_000])
def test_nesting_is_refused_on_its_line(opening: str, depth: int) -> None:
    closing = ("]" if opening == "[" else "}") * depth
    text = TRAINING + f"[weights]\nw1 = {opening * depth}1{closing}\n"
    with pytest.raises(PresetError) as refused:
        parse_preset(text, "deep.toml")
    assert str(refused.value) == (
        "deep.toml:5: nested too deeply; no key of a preset is 20 levels down"
    )


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "{a=" * 5000 + "1" + "}" * 5000])
def test_nesting_beyond_what_is_read_is_refused(
    value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "deep.toml"
    file.write_text(f"x = {value}\n", "utf-8")
    assert told(file, capsys) == (
        f"bptui: {file}:1: nested too deeply; no key of a preset is 20 levels down"
    )


def test_a_file_that_is_not_there_names_its_likely_neighbour(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mazur.toml").write_text(MAZUR, "utf-8")
    (tmp_path / "other.toml").write_text(MAZUR, "utf-8")
    file = tmp_path / "mazzur.toml"
    assert told(file, capsys) == f'bptui: {file}: no such file; did you mean "mazur.toml"?'


def test_a_file_in_a_folder_without_presets_has_no_neighbours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (tmp_path / "a.toml", tmp_path / "not there" / "a.toml"):
        assert told(file, capsys) == (
            f"bptui: {file}: no such file; there are no presets beside it either"
        )


def test_a_plain_name_suggests_a_shipped_preset(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("Mazzur", capsys) == (
        'bptui: Mazzur: no preset of that name and no such file; did you mean "mazur"?'
    )


@pytest.mark.parametrize("name", ["a" * 5000, "nul\0", "line\nend", "\udcff"])
def test_no_name_is_too_odd_for_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no preset of that name and no such file" in told(name, capsys)
    assert told(f"./{name}", capsys).startswith("bptui: ")


def test_a_folder_is_no_preset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(tmp_path, capsys) == (
        f"bptui: {tmp_path}: a directory; give one of the presets in it"
    )


def test_a_file_without_permission_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    file = tmp_path / "mine.toml"
    assert told(file, capsys) == f"bptui: {file}: cannot be read: Permission denied"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_is_refused_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fifo.toml"
    os.mkfifo(file)
    assert told(file, capsys) == f"bptui: {file}: not a regular file; give a preset in TOML"


def test_a_link_that_leads_nowhere_or_round_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, circle = tmp_path / "nowhere.toml", tmp_path / "circle.toml"
    nowhere.symlink_to(tmp_path / "gone.toml")
    circle.symlink_to(circle)
    assert told(nowhere, capsys) == f"bptui: {nowhere}: a link to a file that is not there"
    assert told(circle, capsys).startswith(f"bptui: {circle}: cannot be read: ")


def test_a_link_that_leads_nowhere_is_one_by_its_bare_name_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nowhere").symlink_to("gone")
    assert told("nowhere", capsys) == "bptui: nowhere: a link to a file that is not there"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_file_that_has_nothing_to_say_yet_is_refused_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file.toml"
    os.mkfifo(file)
    writer = os.open(file, os.O_RDWR)
    monkeypatch.setattr("bptui.preset.read._mode", lambda _: stat.S_IFREG)  # as in /proc
    assert told(file, capsys) == f"bptui: {file}: there is nothing to read; give a preset in TOML"
    os.close(writer)


@pytest.mark.parametrize("command", [[], ["check"], ["trace"]])
def test_an_empty_name_is_no_preset(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, ""]) == 2
    assert 'bptui: "": no preset of that name and no such file; ' in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero here")
def test_an_endless_file_is_refused_and_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("/dev/zero", capsys) == (
        "bptui: /dev/zero: not a regular file; give a preset in TOML"
    )


@pytest.mark.parametrize("data", [MAZUR.encode("utf-16"), b"\xff", b"\xef\xbb"])
def test_another_encoding_is_refused_on_the_first_line(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(data)
    assert told(file, capsys) == f"bptui: {file}:1: not UTF-8; save the file in that encoding"


def test_a_byte_of_another_encoding_is_refused_on_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(MAZUR.replace("[biases]", "[biases] # f\u00fcr").encode("latin-1"))
    assert told(file, capsys) == f"bptui: {file}:32: not UTF-8; save the file in that encoding"


def test_a_file_of_more_bytes_than_a_preset_has_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.preset.read.MAX_BYTES", 2**20)
    file = tmp_path / "big.toml"
    file.write_bytes(b"#" * 2**20)
    assert "no [training]" in told(file, capsys)
    file.write_bytes(b"#" * (2**20 + 1))
    assert told(file, capsys) == f"bptui: {file}: too large; a preset has at most 1 MiB"


def test_a_text_without_its_quotes_at_the_very_end_is_on_the_last_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for text in ('title = """a"""\nsource = "b', "title = '''a'''\nsource = 'b"):
        file = tmp_path / "bad.toml"
        file.write_text(text, "utf-8")
        assert told(file, capsys) == (
            f"bptui: {file}:2: not TOML: a text is not closed; add the quotes at its end"
        )
