// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The client against servers that mean harm. Deadlines are short so that the tests are; what
// is asserted of time has margins of seconds.
#include "telemetry/http/curl_transport.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fake/memory_files.h"
#include "base/posix/posix_files.h"
#include "telemetry/fake/hostile_server.h"
#include "telemetry/fake/servers.h"
#include "telemetry/http/credentials.h"

namespace torpor {
namespace {

using Manner = HostileServer::Manner;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kDeadline = milliseconds(300);
constexpr auto kMargin = std::chrono::seconds(20);  // a loaded machine; for ever is what we fear

class CurlTransportTest : public ::testing::Test {
 protected:
  Outcome post(const TelemetryServer& server, std::string_view body = "hello",
               Duration deadline = kDeadline) {
    const auto began = steady_clock::now();
    const Outcome outcome = transport_.send(
        {.method = "POST", .to = &server, .path = "/api", .headers = {}, .body = as_bytes(body)}, deadline);
    EXPECT_LT(steady_clock::now() - began, deadline + kMargin);
    return outcome;
  }
  Outcome post(const HostileServer& server) {
    TelemetryServer to;
    to.url = server.url();
    return post(to);
  }
  std::string secret(const std::string& text, int mode) {
    std::string path = ::testing::TempDir() + "torpor_secret_XXXXXX";
    const int fd = ::mkstemp(path.data());
    ::close(fd);
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    secrets_.push_back(path);
    return path;
  }
  void TearDown() override {
    for (const std::string& path : secrets_) ::unlink(path.c_str());
  }
  PosixFiles files_;
  CurlTransport transport_{files_, static_cast<std::uint32_t>(::getuid())};
  std::vector<std::string> secrets_;
};

TEST_F(CurlTransportTest, a_good_answer_is_taken_and_its_date_heard) {
  const HostileServer server(Manner::answers,
                             "HTTP/1.1 204 No Content\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\n\r\n");
  const Outcome outcome = post(server);
  EXPECT_EQ(outcome.answer, Answer::taken) << outcome.said.view();
  EXPECT_EQ(outcome.status, 204);
  ASSERT_TRUE(outcome.date);
  EXPECT_EQ(to_ns(*outcome.date) / 1'000'000'000, 1'800'000'000);
  EXPECT_NE(server.heard().find("POST /api HTTP/1.1\r\n"), std::string::npos) << server.heard();
  EXPECT_TRUE(server.heard().ends_with("\r\n\r\nhello"));
}

TEST_F(CurlTransportTest, a_date_that_is_none_is_not_heard) {
  for (const char* date : {"Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 01 Jan 1960 00:00:00 GMT", "yesterday"}) {
    const HostileServer server(Manner::answers,
                               std::string("HTTP/1.1 204 No Content\r\nDate: ") + date + "\r\n\r\n");
    const Outcome outcome = post(server);
    EXPECT_EQ(outcome.answer, Answer::taken) << outcome.said.view();
    EXPECT_FALSE(outcome.date) << date;
  }
}

TEST_F(CurlTransportTest, statuses_say_whether_it_is_worth_another_try) {
  const auto answer_to = [&](const std::string& status) {
    const HostileServer server(Manner::answers, "HTTP/1.1 " + status + "\r\nContent-Length: 4\r\n\r\noops");
    const Outcome outcome = post(server);
    EXPECT_EQ(outcome.said.view(), "oops");
    return outcome.answer;
  };
  EXPECT_EQ(answer_to("200 OK"), Answer::taken);
  EXPECT_EQ(answer_to("400 Bad Request"), Answer::refused);
  EXPECT_EQ(answer_to("404 Not Found"), Answer::refused);
  EXPECT_EQ(answer_to("401 Unauthorized"), Answer::unavailable) << "a token may be renewed";
  EXPECT_EQ(answer_to("403 Forbidden"), Answer::unavailable);
  EXPECT_EQ(answer_to("429 Too Many Requests"), Answer::unavailable);
  EXPECT_EQ(answer_to("500 Oh"), Answer::unavailable);
  EXPECT_EQ(answer_to("503 Later"), Answer::unavailable);
}

TEST_F(CurlTransportTest, a_redirect_is_not_followed) {
  const HostileServer goal(Manner::answers, "HTTP/1.1 200 OK\r\n\r\n");
  const HostileServer server(Manner::answers,
                             "HTTP/1.1 307 Go\r\nLocation: " + goal.url() + "/\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(post(server).answer, Answer::refused);
  EXPECT_EQ(goal.connections(), 0);
}

TEST_F(CurlTransportTest, a_server_that_accepts_and_never_answers_costs_the_deadline) {
  const HostileServer server(Manner::accepts_and_waits);
  EXPECT_EQ(post(server).answer, Answer::unreachable);
}

TEST_F(CurlTransportTest, a_server_that_never_accepts_costs_the_deadline) {
  const HostileServer server(Manner::never_accepts);
  EXPECT_EQ(post(server).answer, Answer::unreachable);
}

TEST_F(CurlTransportTest, a_slow_loris_costs_the_deadline) {
  const HostileServer server(Manner::drips, "HTTP/1.1 200 OK\r\nX-A: b\r\nX-C: d\r\n");
  EXPECT_EQ(post(server).answer, Answer::unreachable);
}

TEST_F(CurlTransportTest, headers_without_end_are_broken_off) {
  const HostileServer server(Manner::floods_headers);
  EXPECT_EQ(post(server).answer, Answer::unreachable);
}

TEST_F(CurlTransportTest, a_body_without_end_is_broken_off) {
  const HostileServer server(Manner::floods_body);
  EXPECT_EQ(post(server).answer, Answer::unreachable);
}

TEST_F(CurlTransportTest, garbage_is_no_answer) {
  for (const char* garbage : {"\x16\x03\x01\x02\x00 no", "HTTP/9.9 200\r\n\r\n", "\r\n\r\n\r\n",
                              "HTTP/1.1 2x0 ?\r\n\r\n", "SSH-2.0-OpenSSH\r\n"}) {
    const HostileServer server(Manner::answers, garbage);
    EXPECT_NE(post(server).answer, Answer::taken) << garbage;
  }
}

TEST_F(CurlTransportTest, a_reset_and_a_closed_port_are_no_answer) {
  const HostileServer server(Manner::resets);
  EXPECT_EQ(post(server).answer, Answer::unreachable);
  TelemetryServer nobody;
  nobody.url = "http://127.0.0.1:" + std::to_string(free_port());
  EXPECT_EQ(post(nobody).answer, Answer::unreachable);
}

TEST_F(CurlTransportTest, a_lying_date_and_a_long_word_are_kept_within_bounds) {
  const HostileServer server(Manner::answers,
                             "HTTP/1.1 400 No\r\nDate: Thu, 99 Foo 99999 99:99:99 GMT\r\n"
                             "Content-Length: 5000\r\n\r\n" +
                                 std::string(5000, '\x1b'));
  const Outcome outcome = post(server);
  EXPECT_EQ(outcome.answer, Answer::refused);
  EXPECT_FALSE(outcome.date);
  EXPECT_LE(outcome.said.size(), 160u);
  EXPECT_EQ(outcome.said.view().find('\x1b'), std::string_view::npos) << "no terminal is spoken to";
}

TEST_F(CurlTransportTest, the_environment_s_proxy_is_not_obeyed) {
  const HostileServer proxy(Manner::answers, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  TelemetryServer nobody;
  nobody.url = "http://127.0.0.1:" + std::to_string(free_port());
  EXPECT_EQ(post(nobody).answer, Answer::unreachable);
  ::unsetenv("http_proxy");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(CurlTransportTest, credentials_are_sent_as_headers) {
  const HostileServer server(Manner::answers, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  TelemetryServer to;
  to.url = server.url();
  to.auth_file = secret("bearer abc.def\n", 0600);
  EXPECT_EQ(post(to).answer, Answer::taken);
  EXPECT_NE(server.heard().find("Authorization: Bearer abc.def\r\n"), std::string::npos) << server.heard();
  to.auth_file = secret("basic user:word\n", 0400);
  EXPECT_EQ(post(to).answer, Answer::taken);
  EXPECT_NE(server.heard().find("Authorization: Basic dXNlcjp3b3Jk\r\n"), std::string::npos);
}

TEST_F(CurlTransportTest, blanks_and_line_ends_around_a_secret_do_not_count) {
  const HostileServer server(Manner::answers, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  TelemetryServer to;
  to.url = server.url();
  for (const char* text : {"bearer abc.def ", " bearer  abc.def\t\n", "\nbearer abc.def\r\n\r\n"}) {
    to.auth_file = secret(text, 0600);
    const Outcome outcome = post(to);
    EXPECT_EQ(outcome.answer, Answer::taken) << outcome.said.view() << " of " << text;
  }
  std::size_t sent = 0;
  for (std::size_t at = 0;
       (at = server.heard().find("Authorization: Bearer abc.def\r\n", at)) != std::string::npos; ++at)
    ++sent;
  EXPECT_EQ(sent, 3u) << server.heard();
}

TEST(Credentials, a_secret_of_root_may_be_given_to_one_group_as_secret_stores_do) {
  MemoryFiles files;
  const auto verdict = [&](std::uint32_t owner, std::uint32_t mode) {
    EXPECT_TRUE(files.replace("token", as_bytes("bearer abc"), mode).ok());
    files.set_owner(owner);
    return check_secret(files, "token", 1000).ok();
  };
  for (const std::uint32_t mode : {0400u, 0440u, 0600u, 0640u})
    EXPECT_TRUE(verdict(0, mode)) << std::oct << mode;
  for (const std::uint32_t mode : {0444u, 0644u, 0660u, 0604u})
    EXPECT_FALSE(verdict(0, mode)) << std::oct << mode;
  EXPECT_TRUE(verdict(1000, 0600));
  EXPECT_FALSE(verdict(1000, 0640)) << "the service's own file is nobody else's";
  EXPECT_FALSE(verdict(1001, 0600));
}

TEST_F(CurlTransportTest, a_secret_that_others_may_read_is_not_used) {
  const HostileServer server(Manner::answers, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  TelemetryServer to;
  to.url = server.url();
  to.auth_file = secret("bearer abc\n", 0644);
  const Outcome outcome = post(to);
  EXPECT_EQ(outcome.answer, Answer::unreachable);
  EXPECT_NE(outcome.said.view().find("credential_unsafe"), std::string_view::npos) << outcome.said.view();
  EXPECT_EQ(server.connections(), 0);
  to.auth_file = secret("bearer a\nX-Evil: b\n", 0600);
  EXPECT_EQ(post(to).answer, Answer::unreachable);
  EXPECT_EQ(server.connections(), 0);
}

}  // namespace
}  // namespace torpor
