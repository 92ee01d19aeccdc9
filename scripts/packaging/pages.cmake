# Run by `cmake --install`: installs the manual page and the completions that `page_printer` prints, by way of `page_folder`.
# At install time, so that they are never older than the program, and a build of the program alone can be installed.

function(install_page folder name)
  execute_process(COMMAND ${page_printer} ${ARGN} OUTPUT_FILE ${page_folder}/${name} COMMAND_ERROR_IS_FATAL ANY)
  if(name MATCHES "\\.1$")
    # Without name and time, so that the same page gives the same file.
    execute_process(COMMAND gzip -9 --no-name --force ${page_folder}/${name} COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND name .gz)
  endif()
  file(INSTALL ${page_folder}/${name} DESTINATION ${CMAKE_INSTALL_PREFIX}/share/${folder})
endfunction()

file(MAKE_DIRECTORY ${page_folder})
install_page(man/man1 deepcache-gen.1 man)
install_page(bash-completion/completions deepcache-gen completion bash)
# Debian's zsh looks here; others look in zsh/site-functions.
install_page(zsh/vendor-completions _deepcache-gen completion zsh)
install_page(fish/vendor_completions.d deepcache-gen.fish completion fish)
