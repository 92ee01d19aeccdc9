#!/bin/sh
# Stands, under the names of the commands by which a package starts a service now and at every boot, before them in dpkg's
# PATH: passes on what is about any other service than munge's and Slurm's, which tests start themselves.
case " $* " in
  *[!a-z]munge[!a-z]* | *[!a-z]slurmctld[!a-z]* | *[!a-z]slurmd[!a-z]*) exit 0 ;;
esac
PATH=${PATH#*:} # dpkg puts nothing before the folder that this lies in.
exec "${0##*/}" "$@"
