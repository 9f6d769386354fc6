no-kernel = /boot 中没有完整的内核。启动菜单未做更改。请重新安装内核软件包。
starts = 启动菜单将启动 { $kernel }。
target-missed = 未到达 boot-complete.target：本次启动计为失败。未做任何更改。查看失败的单元：systemctl --failed
not-restarted = 无法重新启动机器。请关机后再开机
emergency = 本次启动进入了紧急模式。如果无人登录，机器将在 { $minutes } 分钟后重新启动。连续三次启动失败后，将提供恢复。
emergency-over = 无人登录：机器现在重新启动。

# 命令行
failed-about = 在启动进入紧急模式时重新启动机器
complete-about = 记录本次启动已进入正常状态
menu-about = 让 GRUB 启动最新的完整内核
