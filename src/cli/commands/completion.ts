import { Argument } from "commander";
import { addExamples, type CommandModule } from "../command.js";
import { writeText } from "../output/descriptors.js";
import { words } from "../../text/safe.js";

export const command: CommandModule = {
  define(command) {
    command.addArgument(new Argument("<shell>", "which shell it is for").choices(Object.keys(SCRIPTS)));
    addExamples(command, [
      ["zkrewind completion bash", "in ~/.bashrc: source <(zkrewind completion bash)"],
      ["zkrewind completion zsh", "in ~/.zshrc, after compinit: source <(zkrewind completion zsh)"],
      ["zkrewind completion fish", "into ~/.config/fish/completions/zkrewind.fish"],
    ]);
    command.action((shell: keyof typeof SCRIPTS) => writeText(1, words(SCRIPTS[shell])));
  },
};

/** Each asks `zkrewind complete -- WORDS`, so that it knows whichever commands and options are installed. */
const SCRIPTS = {
  bash: `# zkrewind: completion for bash
_zkrewind() {
  local line value
  COMPREPLY=()
  while IFS= read -r line; do
    value=\${line%%$'\\t'*}
    # bash completes only what is behind the =
    if [[ \${COMP_WORDS[COMP_CWORD]} == = || \${COMP_WORDS[COMP_CWORD-1]} == = ]]; then value=\${value#*=}; fi
    printf -v value %q "$value"
    COMPREPLY+=("$value")
  done < <("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _zkrewind zkrewind
`,
  zsh: `#compdef zkrewind
# zkrewind: completion for zsh
_zkrewind() {
  local -a candidates
  local line
  for line in "\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#candidates} )); then
    _describe zkrewind candidates
  else
    _files
  fi
}
if [[ \${funcstack[1]} == _zkrewind ]]; then
  _zkrewind "$@"
else
  compdef _zkrewind zkrewind
fi
`,
  fish: `# zkrewind: completion for fish
function __zkrewind_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc) "$current"
    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path "$current"
    end
end
complete -c zkrewind -f -a '(__zkrewind_complete)'
`,
} as const;
