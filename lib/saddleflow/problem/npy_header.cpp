#include "saddleflow/problem/npy_header.hpp"

#include <fmt/format.h>

#include <charconv>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

/// Takes the dictionary apart from left to right.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& place) : rest_(text), place_(place) {}

  NpyHeader parse() {
    NpyHeader header;
    int keys = 0;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr")
        header.type = type();
      else if (key == "fortran_order")
        header.fortran_order = boolean();
      else if (key == "shape")
        header.shape = shape();
      else
        fail();
      ++keys;
      if (!take(',') && peek() != '}') fail();
    }
    if (keys != 3) fail();
    return header;
  }

 private:
  [[noreturn]] void fail() const {
    throw InputError(place_ +
                     ": found a header that is not that of a NumPy array, expected one as of numpy.save");
  }
  char peek() {
    const std::size_t first = rest_.find_first_not_of(" \n");
    if (first == std::string_view::npos) fail();
    rest_.remove_prefix(first);
    return rest_.front();
  }
  bool take(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail();
  }
  std::string quoted() {
    const char mark = peek();
    if (mark != '\'' && mark != '"') fail();
    const std::size_t end = rest_.find(mark, 1);
    if (end == std::string_view::npos) fail();
    const std::string word(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return word;
  }
  /// A word, or the list of a structure up to the bracket that closes it.
  std::string type() {
    if (peek() != '[') return quoted();
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '[') ++depth;
      if (rest_[i] == ']' && --depth == 0) {
        const std::string list(rest_.substr(0, i + 1));
        rest_.remove_prefix(i + 1);
        return list;
      }
    }
    fail();
  }
  bool boolean() {
    peek();
    for (const std::string_view word : {std::string_view("True"), std::string_view("False")})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return word == "True";
      }
    fail();
  }
  std::vector<std::int64_t> shape() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!take(')')) {
      std::int64_t size = 0;
      peek();
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc{} || size < 0) fail();
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      sizes.push_back(size);
      if (!take(',') && peek() != ')') fail();
    }
    return sizes;
  }

  std::string_view rest_;
  const std::string& place_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& place) {
  return HeaderParser(text, place).parse();
}

}  // namespace saddleflow
