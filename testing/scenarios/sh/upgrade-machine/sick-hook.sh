#!/bin/sh
# A product that answers nobody any more, and is given little time to.
set -eu
sed -i 's/^health_limit.*/health_limit = "100s"/' /etc/zshield/appliance.toml
printf '#!/bin/sh\necho "the gateway answers nobody"\nexit 1\n' >/etc/zshield/health/required.d/answers
chmod 755 /etc/zshield/health/required.d/answers
