"""The demo: 乐活小店, a small shop in the middle of a working day.

`day` puts it together: `shopper` is a customer, `colleague` an agent in the web client, `agenda` says who acts when.
"""

from kfconsole.simulator.shop.day import LUNCH, ORDINARY, SHOP_AGENT, open_shop

__all__ = ["LUNCH", "ORDINARY", "SHOP_AGENT", "open_shop"]
