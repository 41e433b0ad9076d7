// The command line of a tool, its --help, and how errors are reported. Only command_line.cpp includes the
// option parser (CLI11), because that takes longer to compile than the tools.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace saddleflow::tools {

/// A tool first declares its options and then parses them. `names` is a list such as "-o,--output", or a name
/// without dashes for a positional argument. `value` keeps its content if the option is not given.
/// `placeholder` stands for the value in --help. All texts of --help are wrapped here, so they are passed
/// without line breaks.
class CommandLine {
 public:
  CommandLine(std::string tool, const std::string& description, int argc, char** argv);
  ~CommandLine();

  void text(const std::string& names, std::string& value, const std::string& help,
            const std::string& placeholder);
  /// Any number of them.
  void text(const std::string& names, std::vector<std::string>& values, const std::string& help,
            const std::string& placeholder);
  void required(const std::string& names, std::string& value, const std::string& help,
                const std::string& placeholder);
  void required(const std::string& names, std::vector<std::string>& values, const std::string& help,
                const std::string& placeholder);
  void integer(const std::string& names, std::int64_t& value, const std::string& help,
               const std::string& placeholder, std::int64_t least, std::int64_t most);
  void number(const std::string& names, double& value, const std::string& help,
              const std::string& placeholder, double least, double most);
  /// A positive number that goes with the option `with` alone.
  void positive(const std::string& names, double& value, const std::string& help,
                const std::string& placeholder, const std::string& with);
  void flag(const std::string& names, bool& value, const std::string& help);
  /// -j,--jobs: a number of threads. `what` says what they share or do.
  void jobs(std::int64_t& value, const std::string& what);
  /// --set section.key=value, as often as needed.
  void set(std::vector<std::string>& overrides, const std::string& of = "the study");
  /// A paragraph of --help below the options.
  void note(const std::string& paragraph);
  /// A command line that --help shows as an example below the paragraph before it.
  void example(const std::string& command);
  /// What this tool adds to the list of exit statuses that all tools share.
  void exit_status_note(const std::string& paragraph);
  /// The end of --help: a heading, which is wrapped, and a text that has its line breaks already.
  void appendix(const std::string& heading, const std::string& text);

  /// False when --help or --version was asked for and has been printed.
  bool parse();
  const std::string& tool() const { return tool_; }
  /// The tool and its arguments, for the record.
  std::string command() const;

 private:
  std::string footer() const;

  std::string tool_, notes_, exit_status_note_, appendix_;
  std::vector<std::string> arguments_;
  std::unique_ptr<CLI::App> app_;
};

/// What a tool is called, what it does, and what main() was given.
struct ToolCall {
  const char* tool;
  const char* description;
  int argc;
  char** argv;
};

/// Runs `work`, which returns the exit status. Errors become one line on stderr, "<tool>: <message>", and the
/// exit status: 2 bad input or command line, 3 numerical failure, 4 input/output (standard output that does
/// not take what was printed, too) or no memory, 1 anything else. Control characters in messages are escaped.
///
///   int main(int argc, char** argv) {
///     return run_tool({"sf-thing", "Does a thing.", argc, argv}, [](CommandLine& line) {
///       Arguments arguments;
///       add_options(line, arguments);
///       return line.parse() ? run(arguments) : 0;
///     });
///   }
int run_tool(const ToolCall& call, const std::function<int(CommandLine&)>& work);

}  // namespace saddleflow::tools
