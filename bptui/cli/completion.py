"""`bptui completion`: what teaches a shell to complete bptui's command lines."""

from __future__ import annotations

import argparse

from bptui.cli.common import Parser, one_of
from bptui.cli.streams import out

EXAMPLES = """\
  bptui completion bash > bptui.bash
  bptui completion fish > bptui.fish
"""
_BASH = """\
# bptui's completion for bash: source this, or save it in
# ~/.local/share/bash-completion/completions/bptui
_bptui() {
    local word line IFS=$'\\n'
    local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    word=${COMP_WORDS[COMP_CWORD]}
    COMPREPLY=()
    while read -r line; do
        case $word in
            [\\"\\']*) COMPREPLY+=("$line") ;;
            *) COMPREPLY+=("$(printf '%q' "$line")") ;;
        esac
    done < <(bptui _candidates "${words[@]}" 2>/dev/null)
}
complete -o default -F _bptui bptui
"""
_ZSH = """\
#compdef bptui
# bptui's completion for zsh: source this after compinit, or save it as _bptui
# in a folder of your $fpath
_bptui() {
    local -a found
    found=("${(@f)$(bptui _candidates "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n $found ]]; then
        compadd -a found
    else
        _files
    fi
}
if [[ $funcstack[1] == _bptui ]]; then
    _bptui
else
    compdef _bptui bptui
fi
"""
_FISH = """\
# bptui's completion for fish: source this, or save it as
# ~/.config/fish/completions/bptui.fish
function __bptui_candidates
    set -l before (commandline -opc)
    set -l found (bptui _candidates $before[2..-1] (commandline -ct) 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c bptui -f -a '(__bptui_candidates)'
"""
SHELLS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


def add_arguments(parser: Parser) -> None:
    told = f"{', '.join(SHELLS)}; the first lines of the script say where it goes"
    parser.add_argument("shell", type=one_of(SHELLS), metavar="SHELL", help=told)


def run(options: argparse.Namespace) -> int:
    out(SHELLS[options.shell], end="")
    return 0
