"""`kfconsole completion`: the script that lets a shell complete commands, options and files."""

import click
from click.shell_completion import get_completion_class

from kfconsole.cli import COMPLETING
from kfconsole.cli.output import emit
from kfconsole.i18n import _

_BASH = """\b
  mkdir -p ~/.local/share/bash-completion/completions
  kfconsole completion bash > ~/.local/share/bash-completion/completions/kfconsole"""
_ZSH = """\b
  kfconsole completion zsh > ~/.kfconsole-completion.zsh
  echo 'source ~/.kfconsole-completion.zsh' >> ~/.zshrc"""
_FISH = """\b
  kfconsole completion fish > ~/.config/fish/completions/kfconsole.fish"""
_BASH_ALONE = """\b
  eval "$(kfconsole completion bash)\""""


def _help() -> str:
    return "\n\n".join(
        (
            _(
                "Print the script that lets the shell complete commands, options, choices and files. "
                "Install it once, then open a new shell:"
            ),
            _BASH,
            _ZSH,
            _FISH,
            _("For zsh, the line must stand below compinit. A bash without bash-completion needs in ~/.bashrc:"),
            _BASH_ALONE,
        )
    )


@click.command("completion", short_help=_("Print the script that completes commands in your shell."), help=_help())
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script."""
    kind = get_completion_class(shell)
    assert kind is not None
    script = kind(context.find_root().command, {}, "kfconsole", COMPLETING).source()
    emit(script.rstrip("\n"))
