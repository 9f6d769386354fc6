#!/bin/sh
# A program that never ends, nor does what it started.
sleep 100000 &
sleep 100000
