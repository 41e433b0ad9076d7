// What every tool does around its own work.
#pragma once

#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "saddleflow/base/error.hpp"

namespace saddleflow::tools {

/// Parses the command line. False when --help or --version was asked for and has been printed.
/// Throws CLI::ParseError for anything else than a valid command line.
inline bool parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::Success& wanted) {
    app.exit(wanted);
    return false;
  }
}

/// Runs `f()`, which returns the exit status. Errors become one line on stderr, "<name>: <message>", and the
/// exit status: 2 bad input or command line, 3 numerical failure, 4 input/output, 1 anything else.
///
///   int main(int argc, char** argv) {
///     return run_tool("sf-thing", [&] {
///       CLI::App app("Does a thing", "sf-thing");
///       ...
///       return parse(app, argc, argv) ? work() : 0;
///     });
///   }
template <class F>
int run_tool(const char* name, F f) {
  try {
    return f();
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s (see %s --help)\n", name, error.what(), name);
    return 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 1;
  }
}

}  // namespace saddleflow::tools
