# The exporter and what it reads of the checkout, arranged as there: share/deepcache-gen/scripts/export_model.py;
# random models, whose configurations are those that a single file lacks, to try it with; and the chart of a trace.
set(exporter_place share/deepcache-gen)
install(PROGRAMS scripts/export_model.py scripts/make_random_model.py scripts/plot_trace.py
  DESTINATION ${exporter_place}/scripts COMPONENT program)
install(DIRECTORY scripts/charts scripts/exporter scripts/random_model scripts/setup
  DESTINATION ${exporter_place}/scripts COMPONENT program USE_SOURCE_PERMISSIONS PATTERN __pycache__ EXCLUDE PATTERN *.log EXCLUDE)
install(FILES scripts/requirements.txt scripts/requirements-export.txt scripts/requirements-no-deps.txt
  scripts/requirements-plot.txt DESTINATION ${exporter_place}/scripts COMPONENT program)
file(GLOB sampler_tables src/schedulers/*.def)
install(FILES ${sampler_tables} DESTINATION ${exporter_place}/src/schedulers COMPONENT program)
install(FILES src/backend/archive/accepted_operators.txt DESTINATION ${exporter_place}/src/backend/archive
  COMPONENT program)
# What it needs of Python goes into the user's data folder then.
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/packaging/installed "Read by places.sh and in_environment.py beside this file.\n")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/packaging/installed DESTINATION ${exporter_place}/scripts/setup
  COMPONENT program)
# It asks the program what a prompt's words are, by the name that a checkout has for it.
install(CODE "file(CREATE_LINK ../../../bin/deepcache-gen
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${exporter_place}/scripts/deepcache-gen\" SYMBOLIC)" COMPONENT program)
