#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <utility>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/version.hpp"

namespace saddleflow::tools {

CommandLine::CommandLine(std::string tool, const std::string& description, int argc, char** argv)
    : tool_(std::move(tool)),
      arguments_(argv + std::min(argc, 1), argv + argc),
      app_(std::make_unique<CLI::App>(description, tool_)) {}

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
  app_->add_option("--set", overrides,
                   "override a key of " + of + "; paths are relative to the current folder; may be repeated")
      ->option_text("section.key=value")
      ->take_all()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void CommandLine::footer(const std::string& text) { app_->footer(text); }

bool CommandLine::parse() {
  app_->set_version_flag("--version", tool_ + " " + version());
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

int run_tool(CommandLine line, const std::function<int(CommandLine&)>& work) {
  const char* tool = line.tool().c_str();
  try {
    return work(line);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: %s (see %s --help)\n", tool, error.what(), tool);
    return 2;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", tool, error.what());
    return error.exit_code();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", tool, error.what());
    return 1;
  }
}

}  // namespace saddleflow::tools
