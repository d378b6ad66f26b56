# SPDX-License-Identifier: BSD-2-Clause
# Completion of jukinet-lookup(1) for bash.

_jukinet_lookup() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]} words=

	COMPREPLY=()
	case $previous in
	--key)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--action)
		words="search view input delete correct extract print
			hardcopy store-media"
		;;
	--search) words="code four-info name address list card" ;;
	--purpose | --reception | --business | --count | --permission | \
		--object | --terminal | --person | --right | \
		--confirmer) return ;;
	*)
		case ${COMP_CWORD}:${COMP_WORDS[1]-} in
		1:*)
			words="ask session check-receipt --batch --native
				--help --version"
			;;
		*:ask)
			words="--purpose --reception --grounds --business
				--action --search --count --requirement
				--permission --object --json"
			;;
		2:session) words=end ;;
		*:session) words="--html --yes" ;;
		*:check-receipt)
			words="--key --terminal --person --right --purpose
				--reception --business --action --search
				--count --permission --object --confirmer"
			;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _jukinet_lookup jukinet-lookup
