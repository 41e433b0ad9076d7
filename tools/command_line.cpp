#include "command_line.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "messages.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/version.hpp"
#include "saddleflow/base/wrapped.hpp"

namespace saddleflow::tools {

namespace {

/// No line of --help is longer: it fits half of a wide screen. Options are described from the column kColumn
/// on.
constexpr std::size_t kWidth = 100, kColumn = 32;

constexpr const char* kExitStatus =
    "Exit status:\n"
    "  0    the tool has done what was asked\n"
    "  1    internal error: an exception that the tool does not expect\n"
    "  2    bad input: a wrong option, study, key or data file\n"
    "  3    numerical failure, or a path that is not confirmed or not certain\n"
    "  4    input/output error: a file or standard output fails, or there is too little memory\n"
    "  130  interrupted by Ctrl-C, SIGTERM or SIGHUP\n";

/// Usage, description, arguments and options, footer. CLI11's own formatter begins with the description and
/// does not wrap.
class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() {
    label("Positionals", "Arguments");
    column_width(kColumn);
  }

  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    return make_usage(app, std::move(name)) + wrapped(app->get_description(), 0, kWidth) + "\n" +
           make_positionals(app) + make_groups(app, mode) + "\n" + app->get_footer();
  }

  std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
    return is_positional ? option->get_option_text()
                         : CLI::Formatter::make_option_name(option, is_positional);
  }

  std::string make_option_usage(const CLI::Option* option) const override {
    const std::string& name = option->get_option_text();
    return option->get_required() ? name : "[" + name + "]";
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string left = "  " + make_option_name(option, is_positional);
    if (!is_positional) left += make_option_opts(option);
    // Two blanks at least before the description, which otherwise begins on the next line.
    if (left.size() + 2 > kColumn)
      left += "\n" + std::string(kColumn, ' ');
    else
      left.resize(kColumn, ' ');
    return left + wrapped(make_option_desc(option), kColumn, kWidth) + "\n";
  }
};

}  // namespace

CommandLine::CommandLine(std::string tool, const std::string& description, int argc, char** argv)
    : tool_(std::move(tool)),
      arguments_(argv + std::min(argc, 1), argv + argc),
      app_(std::make_unique<CLI::App>(description, tool_)) {
  app_->formatter(std::make_shared<HelpFormatter>());
  app_->set_help_flag("-h,--help", "print this help and exit");
}

CommandLine::~CommandLine() = default;

void CommandLine::text(const std::string& names, std::string& value, const std::string& help,
                       const std::string& placeholder) {
  app_->add_option(names, value, help)->option_text(placeholder);
}

void CommandLine::text(const std::string& names, std::vector<std::string>& values, const std::string& help,
                       const std::string& placeholder) {
  app_->add_option(names, values, help)->option_text(placeholder);
}

void CommandLine::required(const std::string& names, std::string& value, const std::string& help,
                           const std::string& placeholder) {
  app_->add_option(names, value, help)->option_text(placeholder)->required();
}

void CommandLine::required(const std::string& names, std::vector<std::string>& values,
                           const std::string& help, const std::string& placeholder) {
  app_->add_option(names, values, help)->option_text(placeholder)->required();
}

void CommandLine::integer(const std::string& names, std::int64_t& value, const std::string& help,
                          const std::string& placeholder, std::int64_t least, std::int64_t most) {
  app_->add_option(names, value, help)->option_text(placeholder)->check(CLI::Range(least, most));
}

void CommandLine::jobs(std::int64_t& value, const std::string& what) {
  constexpr std::int64_t most = 4096;  // beyond any machine; against a slip of the finger
  integer("-j,--jobs", value, "number of threads, " + what + " (default: one per core)", "N", 1, most);
}

void CommandLine::number(const std::string& names, double& value, const std::string& help,
                         const std::string& placeholder, double least, double most) {
  app_->add_option(names, value, help)->option_text(placeholder)->check(CLI::Range(least, most));
}

void CommandLine::positive(const std::string& names, double& value, const std::string& help,
                           const std::string& placeholder, const std::string& with) {
  app_->add_option(names, value, help)
      ->option_text(placeholder)
      ->needs(app_->get_option(with))
      ->check(CLI::PositiveNumber);
}

void CommandLine::flag(const std::string& names, bool& value, const std::string& help) {
  app_->add_flag(names, value, help);
}

void CommandLine::set(std::vector<std::string>& overrides, const std::string& of) {
  app_->add_option(
          "--set", overrides,
          "set a key of " + of +
              " to another value; a path in it is relative to the current folder; may be given several times")
      ->option_text("section.key=value")
      ->take_all()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandLine::note(const std::string& paragraph) { notes_ += wrapped(paragraph, 0, kWidth) + "\n\n"; }

void CommandLine::example(const std::string& command) {
  if (notes_.ends_with("\n\n")) notes_.pop_back();
  notes_ += "  " + command + "\n\n";
}

void CommandLine::exit_status_note(const std::string& paragraph) {
  exit_status_note_ = wrapped(paragraph, 0, kWidth) + "\n";
}

void CommandLine::appendix(const std::string& heading, const std::string& text) {
  appendix_ = "\n" + wrapped(heading, 0, kWidth) + "\n" + text;
}

std::string CommandLine::footer() const { return notes_ + kExitStatus + exit_status_note_ + appendix_; }

bool CommandLine::parse() {
  app_->set_version_flag("--version", tool_ + " " + version(), "print the version and exit");
  app_->footer(footer());
  try {
    app_->parse(std::vector<std::string>(arguments_.rbegin(), arguments_.rend()));
    return true;
  } catch (const CLI::Success& wanted) {
    app_->exit(wanted);
    return false;
  }
}

std::string CommandLine::command() const {
  std::string command = tool_;
  for (const std::string& argument : arguments_) command += " " + argument;
  return command;
}

namespace {

/// A descriptor that is closed would be given to the next file that is opened, and messages would go into
/// that. Reading the null device instead makes every write fail, as it does on a closed descriptor.
void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    const int null = open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY);
    if (null >= 0 && null != descriptor) {
      dup2(null, descriptor);
      close(null);
    }
  }
}

/// Why standard output takes nothing: an earlier write may have failed, and its errno is gone.
std::string reason_of_output(int error) {
  if (error == 0 && ::write(STDOUT_FILENO, "\n", 1) < 0) error = errno;
  return error != 0 ? std::strerror(error) : "an earlier write failed";
}

/// The exit status, which is 4 where what was printed has not arrived.
int with_output_written(const char* tool, int status) {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int error = flushed ? 0 : errno;
  if (flushed && std::ferror(stdout) == 0) return status;
  complain(tool, "standard output: cannot be written: " + reason_of_output(error));
  return status == 0 ? 4 : status;
}

int work_with_errors(const ToolCall& call, const std::function<int(CommandLine&)>& work) {
  const auto fail = [&](const std::string& message, int status) {
    complain(call.tool, message);
    return status;
  };
  try {
    CommandLine line(call.tool, call.description, call.argc, call.argv);
    return with_output_written(call.tool, work(line));
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + " (see " + call.tool + " --help)", 2);
  } catch (const Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return fail("out of memory: the system gives no more", 4);
  } catch (const std::length_error&) {
    return fail("out of memory: more is asked for than there can be", 4);
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(error.path1().string() + ": " + error.code().message(), 4);
  } catch (const std::system_error& error) {  // of a full standard output, too
    return fail(std::ferror(stdout) != 0 ? "standard output: cannot be written: " + error.code().message()
                                         : std::string(error.what()),
                4);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}

// The tool that is at work. HDF5 ends the program by exit() where it has no memory for a few bytes.
const char* tool_at_work = nullptr;

void end_early() {
  if (tool_at_work == nullptr) return;
  complain(std::exchange(tool_at_work, nullptr), "out of memory: the HDF5 library has given up");
  std::_Exit(4);
}

}  // namespace

int run_tool(const ToolCall& call, const std::function<int(CommandLine&)>& work) {
  occupy_standard_descriptors();
  // Beyond a limit on the size of files a write fails with a message, as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  std::atexit(end_early);
  tool_at_work = call.tool;
  const int status = work_with_errors(call, work);
  tool_at_work = nullptr;
  return status;
}

}  // namespace saddleflow::tools
