#include "sweep/expression.hpp"

#include <fmt/format.h>
#include <muParser.h>

#include <cmath>
#include <map>

#include "saddleflow/base/error.hpp"

namespace saddleflow::sweep {

namespace {

// muParser has rint (round) alone.
double upwards(double x) { return std::ceil(x); }
double downwards(double x) { return std::floor(x); }

/// Names become constants, which cannot be assigned to.
class Names {
 public:
  Names(mu::Parser& parser, const Lookup& lookup, const std::string& place) {
    parser.DefineNameChars("0123456789_.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    parser.EnableOptimizer(false);
    for (const auto& [name, address] : used(parser)) {
      const std::optional<double> value = lookup(name);
      if (!value) throw InputError(fmt::format("{}: \"{}\": unknown name {}", place, parser.GetExpr(), name));
      parser.DefineConst(name, *value);
    }
  }

 private:
  // Unknown names are variables to muParser, which lists them.
  static std::map<std::string, double*> used(mu::Parser& parser) {
    const auto& found = parser.GetUsedVar();
    return {found.begin(), found.end()};
  }
};

}  // namespace

double evaluate(const std::string& expression, const Lookup& lookup, const std::string& place) {
  try {
    mu::Parser parser;
    parser.DefineFun("ceil", &upwards);
    parser.DefineFun("floor", &downwards);
    parser.SetExpr(expression);
    const Names names(parser, lookup, place);
    return parser.Eval();
  } catch (const mu::Parser::exception_type& error) {
    throw InputError(fmt::format("{}: \"{}\": {}", place, expression, error.GetMsg()));
  }
}

}  // namespace saddleflow::sweep
