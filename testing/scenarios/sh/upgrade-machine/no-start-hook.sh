#!/bin/sh
# A system that its kernel can't start.
rm /usr/lib/systemd/systemd
