about = 用于镜像和升级包签名的密钥
generate-about = 生成一对 minisign 格式的密钥
argument-file = 要生成的私钥文件；公钥使用 .pub 后缀
option-no-password = 不用密码保护私钥
made = 已生成密钥 { $id }。
    私钥：{ $secret }（不要放在 U 盘或设备上）
    公钥：{ $public }（请写入 appliance.toml 的 trusted_keys）
new-password = 新密钥的密码：
password-again = 再次输入：
passwords-differ = 两次密码不同或为空。未生成密钥。请重新运行该命令。
list-about = 列出本机信任的密钥和已吊销的密钥
delivered = { $key }  受信任：随系统交付
introduced = { $key }  受信任：由升级引入
revoked = { $key }  已吊销：不再接受由它签名的任何内容
none = 本机不信任任何密钥。
