/* The commands that need processes: serve, and its children core, llmd and worker (also a command of
 * its own). See app/process.h. */
#pragma once

#include "cli/command.h"

extern const Command command_serve, command_core, command_llmd, command_worker;
