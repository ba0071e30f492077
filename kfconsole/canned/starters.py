"""The first file of canned replies: what every shop says, and how the file is written."""

_CHINESE = '''\
# 快捷回复。在写回复时按 Ctrl+R 选用；也可以直接在这里修改，保存后立即生效。
#
# [[reply]]            每条回复以这一行开头
# name = "名称"        列表里显示，可按文字、拼音、拼音首字母查找
# text = """内容"""    可以写多行
# key = "1"            可选：一个字符，按 Ctrl+R 后再按它就直接选中
# folder = "售后"      可选：分组
#
# 内容里可以用：{customer} 顾客的别名或备注（都没有时要自己填），{agent} 客服昵称，{time} 现在几点（14:05），
# {greeting} 早上好、上午好、中午好、下午好或晚上好。也可以写成 {顾客} {客服} {时间} {问候}。
# 要发送花括号本身，请写两遍：{{ }}。

[[reply]]
name = "问候"
key = "1"
text = "{greeting}，我是客服{agent}，请问有什么可以帮您？"

[[reply]]
name = "请稍等"
key = "2"
text = "好的，请稍等，我马上为您查询。"

[[reply]]
name = "请提供订单号"
key = "3"
folder = "订单"
text = "麻烦您提供一下订单号，我来为您查询。"

[[reply]]
name = "发货时间"
folder = "订单"
text = "您的订单会在付款后 48 小时内发出，发货后可以在订单详情里查看物流。"

[[reply]]
name = "退款进度"
key = "4"
folder = "售后"
text = """
您好，您的退款已经提交，一般 1 到 3 个工作日原路退回。
如果 3 个工作日后还没有收到，请告诉我，我再为您核实。"""

[[reply]]
name = "退换货说明"
folder = "售后"
text = "签收后 7 天内、商品完好可以退换。请在订单详情里点“申请售后”，我们会尽快处理。"

[[reply]]
name = "抱歉久等"
key = "5"
text = "抱歉让您久等了，刚刚咨询的人比较多。"

[[reply]]
name = "结束语"
key = "9"
text = "感谢您的咨询，如果还有问题随时联系我们，祝您生活愉快！"
'''
_ENGLISH = '''\
# Canned replies. Ctrl+R picks one while you write a reply; what you change here counts from then on.
#
# [[reply]]            every reply begins with this line
# name = "Name"        shown in the list and found by it, by its pinyin or by the initials of that
# text = """Text"""    as many lines as you like
# key = "1"            optional: one character that picks it right behind Ctrl+R
# folder = "Returns"   optional: what it belongs to
#
# A text may hold {customer}, the alias or remark of the customer (where there is neither, you are asked to write it);
# {agent}, the nick of the agent; {time}, such as 14:05; {greeting}, such as Good morning. Braces that are meant are
# doubled: {{ }}.

[[reply]]
name = "Greeting"
key = "1"
text = "{greeting}, this is {agent}. How can I help you?"

[[reply]]
name = "One moment"
key = "2"
text = "Certainly. One moment please, I am looking it up."

[[reply]]
name = "Order number"
key = "3"
folder = "Orders"
text = "Could you tell me the number of your order, please?"

[[reply]]
name = "When it ships"
folder = "Orders"
text = "Your order leaves within 48 hours of payment; from then on you can follow it in the details of the order."

[[reply]]
name = "Refund"
key = "4"
folder = "Returns"
text = """
Your refund is on its way and arrives within 1 to 3 working days.
Please tell me if it has not arrived by then, and I will look into it."""

[[reply]]
name = "How to return"
folder = "Returns"
text = "Within 7 days of delivery goods in good condition can be returned. Please ask in the details of the order."

[[reply]]
name = "Sorry for the wait"
key = "5"
text = "Sorry to have kept you waiting: many people are writing just now."

[[reply]]
name = "Goodbye"
key = "9"
text = "Thank you for writing. Please come back to us with any other question. Have a nice day!"
'''


def starter(*, is_chinese: bool, is_empty: bool = False) -> str:
    """Return the file to begin with; `is_empty`: without the replies."""
    whole = _CHINESE if is_chinese else _ENGLISH
    return whole.partition("\n\n")[0] + "\n" if is_empty else whole
