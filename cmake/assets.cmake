# Files that travel inside the binary become one generated C file: the web pages (web/dist, which holds the demo shop, too), the demo
# company and the prompts. A changed, new or deleted file leads to a new one at the next build.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

set(ZHIYIN_ASSETS ${CMAKE_BINARY_DIR}/assets.c)
set(asset_list ${CMAKE_BINARY_DIR}/assets.list)
set(asset_lines "")
set(asset_files "")

# zhiyin_assets(NAME_PREFIX FOLDER PATTERN...)
function(zhiyin_assets prefix folder)
	list(TRANSFORM ARGN PREPEND ${CMAKE_SOURCE_DIR}/${folder}/)
	file(GLOB_RECURSE files CONFIGURE_DEPENDS ${ARGN})
	foreach(file ${files})
		file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR}/${folder} ${file})
		string(APPEND asset_lines "${prefix}${name}\t${file}\n")
	endforeach()
	list(APPEND asset_files ${files})
	set(asset_lines "${asset_lines}" PARENT_SCOPE)
	set(asset_files ${asset_files} PARENT_SCOPE)
endfunction()

zhiyin_assets("" web/dist *)
zhiyin_assets(demo/ demo *.csv *.jsonl)
zhiyin_assets(demo/policies/ demo/policies *)
zhiyin_assets(prompts/ prompts *)
zhiyin_assets(models/ models/retrieval *.bin)
zhiyin_assets(models/reviews/ models/reviews *.zyc)
zhiyin_assets(models/messages/ models/messages *.jsonl)

file(CONFIGURE OUTPUT ${asset_list} CONTENT "${asset_lines}" @ONLY)
add_custom_command(OUTPUT ${ZHIYIN_ASSETS}
	COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/scripts/embed ${ZHIYIN_ASSETS} ${asset_list}
	DEPENDS ${asset_files} ${asset_list} ${CMAKE_SOURCE_DIR}/scripts/embed
	VERBATIM)
