"""WeChat's side of push callbacks: what is told to the account's own server, and what its answers do."""

from kfconsole.simulator.pushes.pusher import Pusher
from kfconsole.simulator.pushes.receiver import MODES, BadReceiver, Receiver

__all__ = ["MODES", "BadReceiver", "Pusher", "Receiver"]
