# The suites that drive the whole program: every tests/<folder>/test_*.py is one test, run by the python of build/venv.
# They share the machine with nothing where time counts (api, fault, e2e); cli runs beside others.
# api and cli drive the program of this build, sanitized by the asan preset; fault and e2e, where time counts, the one that
# ZHIYIN_TEST_BINARY names.

# zhiyin_suite(FOLDER SECONDS [RUN_SERIAL] [TEST_BINARY] [STATEMENTS])
function(zhiyin_suite folder seconds)
	set(suite_binary $<TARGET_FILE:zhiyin>)
	if("TEST_BINARY" IN_LIST ARGN AND ZHIYIN_TEST_BINARY)
		set(suite_binary ${ZHIYIN_TEST_BINARY})
	endif()
	file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/test_*.py)
	foreach(file ${files})
		get_filename_component(noun ${file} NAME_WE)
		string(REGEX REPLACE "^test_" "" noun ${noun})
		add_test(NAME ${folder}/${noun} COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python -m pytest -c ${CMAKE_SOURCE_DIR}/tests/pytest.ini ${file}
			WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
		set(statements "")
		if("STATEMENTS" IN_LIST ARGN)
			set(statements "ZHIYIN_STATEMENTS=${CMAKE_BINARY_DIR}/statements/${noun}")
		endif()
		set_tests_properties(${folder}/${noun} PROPERTIES LABELS ${folder} TIMEOUT ${seconds}
			ENVIRONMENT "ZHIYIN=${suite_binary};PYTHONDONTWRITEBYTECODE=1;${statements};${ZHIYIN_TSAN}")
		if("RUN_SERIAL" IN_LIST ARGN)
			set_tests_properties(${folder}/${noun} PROPERTIES RUN_SERIAL TRUE)
		endif()
	endforeach()
endfunction()

zhiyin_suite(cli 300)
zhiyin_suite(api 300 RUN_SERIAL STATEMENTS)
zhiyin_suite(postgres 300)
file(GLOB files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/tests/api/test_*.py)
list(TRANSFORM files REPLACE "/test_(.*)\\.py$" "/\\1")
set_tests_properties(postgres/statements PROPERTIES DEPENDS "${files}") # where what the program prepares is noted
zhiyin_suite(fault 600 RUN_SERIAL TEST_BINARY)
zhiyin_suite(e2e 300 RUN_SERIAL TEST_BINARY)

# The web pages' own unit tests.
add_test(NAME web/unit COMMAND npm run --silent test WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/web)
set_tests_properties(web/unit PROPERTIES LABELS web TIMEOUT 300)

# The messages that mood and intent are learnt from: known labels, no text twice, enough of each.
add_test(NAME models/messages COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python models/messages/validate.py WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})

# The judge on messages that were never learnt from.
add_test(NAME eval/judge COMMAND ${CMAKE_SOURCE_DIR}/build/venv/bin/python tests/eval/judge.py --program $<TARGET_FILE:judge-texts> messages long
	WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
