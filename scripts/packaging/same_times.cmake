# Run by CPack before it packs: with $SOURCE_DATE_EPOCH all files get that time, so that packing the same build twice gives
# the same bytes (https://reproducible-builds.org/specs/source-date-epoch/).
if(DEFINED ENV{SOURCE_DATE_EPOCH})
  execute_process(COMMAND find ${CPACK_TEMPORARY_DIRECTORY} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +
    COMMAND_ERROR_IS_FATAL ANY)
endif()
