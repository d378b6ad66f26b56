# SPDX-License-Identifier: BSD-2-Clause
# Completion of jukinetctl(8) for bash.

_jukinetctl() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local words=

	COMPREPLY=()
	case $previous in
	--config-dir | --vendor-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	--snapshot)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	case $COMP_CWORD in
	1) words="registry --help --version" ;;
	2) [[ ${COMP_WORDS[1]} == registry ]] && words="build check options" ;;
	*)
		case ${COMP_WORDS[1]}:${COMP_WORDS[2]} in
		registry:build)
			words="--config-dir --vendor-dir --snapshot"
			;;
		registry:check) words="--config-dir --vendor-dir" ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _jukinetctl jukinetctl
