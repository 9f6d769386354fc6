system = 启动系统
golden = Golden Image 恢复
factory = 恢复至出厂设置（会再次确认）
latest = 恢复至最近一次备份（会再次确认）
leave = 退出：启动系统
rescue = zshield：安装或修复本机
