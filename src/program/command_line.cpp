// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "program/command_line.h"

#include "base/assertion.h"
#include "program/error_text.h"
#include "spelling/nearest.h"

namespace torpor {
namespace {

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  // The filter asks for all there are; without one CLI11 gives those that were parsed.
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  return names;
}

// "--out" of each option that has a long name; a positional has none.
std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What stands where one of `known` should. Where none is near, all are named, as far as they fit.
Error unknown_word(std::string_view where, std::string_view word, const std::vector<std::string>& known) {
  Error error{.reason = Reason::usage};
  error.where << where;
  error.found << word;
  if (const std::string_view meant = nearest(word, known); !meant.empty()) {
    error.expected << "perhaps " << meant;
    return error;
  }
  for (const std::string& name : known) error.expected << (error.expected.empty() ? "" : ", ") << name;
  return error;
}

// Where a command line stops being one: the verb it reached and, where a word is unknown, which.
struct Stray {
  std::string who;
  std::optional<Error> error;
};

// CLI11 says only that something was not expected, and of a misspelt verb that one is required.
// So the words are walked once more: down the verbs, past the values of known options.
Stray find_stray(const CLI::App& app, int argc, const char* const* argv) {
  Stray stray{app.get_name(), {}};
  const CLI::App* at = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--") && word.size() > 2) {
      const std::string name = word.substr(0, word.find('='));
      const CLI::Option* option = at->get_option_no_throw(name);
      if (option == nullptr) {
        stray.error = unknown_word("option", name, options_of(*at));
        return stray;
      }
      // "--out=x" is one word, "--out x" two: without this the value would be taken for a verb.
      const bool takes_value = option->get_items_expected_max() > 0;
      if (takes_value && name.size() == word.size()) ++i;
      continue;
    }
    // Only a word where a verb is due can be a misspelt one.
    const auto verbs = verbs_of(*at);
    if (verbs.empty()) continue;  // a value of the verb's own
    if (std::find(verbs.begin(), verbs.end(), word) == verbs.end()) {
      stray.error = unknown_word("verb", word, verbs);
      return stray;
    }
    at = at->get_subcommand(word);
    stray.who += " " + word;
  }
  if (const auto verbs = verbs_of(*at); !verbs.empty()) {
    stray.error = unknown_word("verb", "none", verbs);
  }
  return stray;
}

// The four ways in which CLI11 (2.1 to 2.4) words what is wrong with an option or a value:
// "--out is required", "Could not convert: --last = x", "The following argument was not
// expected: y" and "--sets: Value 0 not in range 1 to 9". What it words otherwise is passed on.
Error usage_error(const std::string& said) {
  Error error{.reason = Reason::usage};
  // CLI11 keeps what went wrong as a sentence alone, so the sentence is read; a test of each verb
  // (error_form_test.cpp) sees when another version words it otherwise.
  constexpr std::string_view kRequired = " is required";
  constexpr std::string_view kConvert = "Could not convert: ";
  constexpr std::string_view kExtra = "The following argument";
  const std::size_t colon = said.find(": ");
  const std::size_t equals = said.find(" = ");
  if (said.ends_with(kRequired)) {
    error.where << said.substr(0, said.size() - kRequired.size());
    error.found << "nothing";
    error.expected << "a value: it is required";
  } else if (said.starts_with(kConvert) && equals != said.npos) {
    error.where << said.substr(kConvert.size(), equals - kConvert.size());
    error.found << said.substr(equals + 3);
    error.expected << "a number";
  } else if (said.starts_with(kExtra) && colon != said.npos) {
    error.where << "command line";
    error.found << said.substr(colon + 2);
    error.expected << "nothing more";
  } else if (said.starts_with("--") && colon != said.npos) {
    error.where << said.substr(0, colon);
    error.found << said.substr(colon + 2);
  } else {
    error.where << said;
  }
  return error;
}

}  // namespace

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv,
                                      const std::function<std::string()>& version, const TellUsage& tell) {
  TORPOR_ASSERT(!app.get_name().empty(), "program.a_command_line_has_a_program");
  TORPOR_ASSERT(argc > 0, "program.the_first_word_is_the_program");
  // A function, not a text: which kernels this processor runs is looked up only when asked.
  app.set_version_flag("--version", version, "version, commit and build of this program");
  try {
    app.parse(argc, argv);
    return {};
  } catch (const CLI::Success& asked) {
    // --help and --version come as exceptions, too; they are a subclass of the next one, so they come first.
    return app.exit(asked);  // prints what was asked for
  } catch (const CLI::ParseError& error) {
    // The walk first: it can name the word and the nearest verb, which the sentence cannot.
    const Stray stray = find_stray(app, argc, argv);
    tell(stray.who, stray.error ? *stray.error : usage_error(error.what()));
  }
  return exit_code(Reason::usage);
}

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv,
                                      const std::function<std::string()>& version) {
  return parse_command_line(app, argc, argv, version, tell_error);
}

}  // namespace torpor
