/*
 * The rows of commands.def, declared. Each is defined in its own file cmd_<name>.c; app/main.c puts
 * them into one table.
 */
#pragma once

#include "cli/command.h"

#define COMMAND_ROW(name) extern const Command command_##name;
#include "cli/commands.def"
#undef COMMAND_ROW
