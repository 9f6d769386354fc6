system = 启动系统
golden = Golden Image 恢复
factory = 恢复出厂设置（先确认）
latest = 恢复最近备份（先确认）
leave = 退出并启动系统
rescue = zshield：安装或修复本机
