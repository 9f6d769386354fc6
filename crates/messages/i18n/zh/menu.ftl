system = 启动系统
golden = Golden Image 恢复
rescue = zshield：安装或修复本机
grub = GRUB 菜单（需密码）
system-by-itself = 倒数到 0 时自动启动系统。按 Tab 键进入恢复。
rescue-by-itself = 倒数到 0 时自动开始。
