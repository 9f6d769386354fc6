system = 启动系统
golden = Golden Image 恢复
rescue = zshield：安装或修复本机
