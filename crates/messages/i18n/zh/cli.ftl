about = Linux 设备的安装、备份、检查和恢复
statuses = 退出状态：0 完成；1 失败，消息中说明机器的状态；2 用法错误；3 在做任何更改之前已拒绝；4 check 发现差异；5 已完成，但需要重新启动机器。
lang = 所有文字使用的语言；默认取自系统区域设置
json = 输出 JSON
error = 错误：{ $error }
not-begun =
    { $error }
    未做任何更改。请排除原因，然后重新运行该命令。
not-begun-advised =
    { $error }
    未做任何更改。
interrupted = 已中断。未做任何更改。
yes = 不询问
dry-run = 只显示将要执行的操作，不做任何更改
slot = 存放镜像的镜像目录
keys-directory = 可信公钥所在目录
init = 救援系统的第一个进程，只能由内核启动
init-needs-kernel = 救援系统只能由内核作为 initramfs 的 /init 启动。未做任何更改。
generate = 生成手册页、补全脚本和 systemd 单元
generate-man = 手册页目录
generate-completions = 补全脚本目录
generate-units = systemd 单元的目录
enter = 在另一个根目录中运行程序
nobody-to-ask = 此命令需要确认，但没有可供询问的终端。未做任何更改。请在终端中运行；如果该命令有 --yes 选项，也可以加上它。
scheduled = 由守护进程启动
root = 设备系统的挂载位置

# 命令行解析器的用语
heading-usage = 用法
heading-options = 选项
heading-arguments = 参数
heading-commands = 命令
help-flag = 显示帮助
version-flag = 显示版本
default-is = [默认：{ $value }]
unknown-command = 没有命令 { $name }。
unknown-argument = 此命令没有选项或参数 { $name }。
bad-value = { $argument } 不能为“{ $value }”。
missing-arguments = 缺少参数：{ $names }
conflicting = { $argument } 不能与 { $other } 同时使用。
wrong-usage = 无法理解此命令行。
try-help = 更多信息请使用 --help。
