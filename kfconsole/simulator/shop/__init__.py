"""The demo: 乐活小店, a small shop in the middle of a working day.

`day` puts it together: `shopper` is a customer, `colleague` an agent in the web client, `agenda` says who acts when.
"""

from kfconsole.simulator.shop.day import SHOP_AGENT, open_shop

__all__ = ["SHOP_AGENT", "open_shop"]
