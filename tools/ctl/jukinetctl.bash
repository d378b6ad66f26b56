# SPDX-License-Identifier: BSD-2-Clause
# Completion of jukinetctl(8) for bash, by what the program says of itself.

_jukinetctl() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local noun=${COMP_WORDS[1]-} verb=${COMP_WORDS[2]-} words

	COMPREPLY=()
	case $previous in
	--config-dir | --vendor-dir | --state-dir | --policy-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	--snapshot | --certificate | --csv | --for | --receipt-for)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	esac
	# One command a line: noun, verb (empty where there is none), words.
	words=$("${COMP_WORDS[0]}" commands 2>/dev/null | awk -F '\t' \
		-v at="$COMP_CWORD" -v noun="$noun" -v verb="$verb" '
		at == 1 { print $1; next }
		$1 != noun { next }
		$2 != "" && at == 2 { print $2; next }
		$2 == "" || $2 == verb {
			for (i = 3; i <= NF; i++)
				if ($i ~ /^--/ || $i ~ /^(FILE|OLD|NEW)$/)
					print $i
		}' | sort -u)
	[[ $COMP_CWORD -eq 1 ]] && words+=" --help --version"
	if [[ $words =~ (FILE|OLD|NEW) && $current != -* ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _jukinetctl jukinetctl
