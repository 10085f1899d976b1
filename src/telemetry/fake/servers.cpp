// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/fake/servers.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/posix/unique_fd.h"

namespace torpor {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

std::string fresh_directory() {
  std::string pattern = ::testing::TempDir() + "torpor_server_XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

bool installed(const std::string& program) { return ::access(program.c_str(), X_OK) == 0; }

}  // namespace

int free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (!fd || ::bind(fd.get(), any, size) != 0 || ::getsockname(fd.get(), any, &size) != 0) std::abort();
  return ntohs(address.sin_port);
}

HttpAnswer http_request(int port, const std::string& method, const std::string& target,
                        const std::string& body) {
  HttpAnswer answer;
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return answer;
  const std::string request = method + " " + target +
                              " HTTP/1.0\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Type: "
                              "application/x-www-form-urlencoded\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    return answer;
  std::string all;
  char part[4096];
  for (ssize_t n; (n = ::recv(fd.get(), part, sizeof part, 0)) > 0;)
    all.append(part, static_cast<std::size_t>(n));
  if (all.size() < 12) return answer;
  std::from_chars(all.data() + 9, all.data() + 12, answer.status);
  const std::size_t end = all.find("\r\n\r\n");
  if (end != all.npos) answer.body = all.substr(end + 4);
  return answer;
}

ServerForTest::ServerForTest(std::vector<std::string> command, std::string directory, int port,
                             std::string ready)
    : command_(std::move(command)), directory_(std::move(directory)), port_(port), ready_(std::move(ready)) {}

ServerForTest::~ServerForTest() {
  process_.reset();
  std::filesystem::remove_all(directory_);
}

std::string ServerForTest::log() const {
  std::ifstream in(directory_ + "/log");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Bounded by the test's own time-out, not by a guess at the machine's speed.
void ServerForTest::start() {
  auto started = ChildProcess::start(command_, directory_ + "/log");
  if (!started) std::abort();
  process_ = std::make_unique<ChildProcess>(*std::move(started));
  while (!process_->exit_code()) {
    const int status = http_request(port_, "GET", ready_).status;
    // A TLS server answers plain HTTP with 400, and that is an answer, too.
    if (status == 200 || status == 400) return;
    ::usleep(20'000);
  }
}

void ServerForTest::restart() {
  process_.reset();
  start();
}

std::unique_ptr<ServerForTest> ServerForTest::make(const std::string& program,
                                                   std::vector<std::string> arguments, std::string directory,
                                                   int port, std::string ready) {
  arguments.insert(arguments.begin(), program);
  std::unique_ptr<ServerForTest> server(
      new ServerForTest(std::move(arguments), std::move(directory), port, std::move(ready)));
  server->start();
  if (!server->process_->exit_code()) return server;
  ADD_FAILURE() << program << " does not start: " << server->log();
  return nullptr;
}

std::unique_ptr<ServerForTest> ServerForTest::prometheus(const PrometheusOptions& options) {
  constexpr const char* kProgram = "/usr/bin/prometheus";
  if (!installed(kProgram)) return nullptr;
  const std::string directory = fresh_directory();
  std::ofstream config(directory + "/prometheus.yml");
  config << "global: {scrape_interval: 1h, evaluation_interval: " << options.evaluation << "}\n";
  if (!options.rule_file.empty()) {
    std::ofstream(directory + "/rules.yml") << options.rule_file;
    config << "rule_files: [rules.yml]\n";
  }
  if (!options.out_of_order.empty())
    config << "storage: {tsdb: {out_of_order_time_window: " << options.out_of_order << "}}\n";
  if (options.alertmanager_port != 0)
    config << "alerting: {alertmanagers: [{static_configs: [{targets: ['127.0.0.1:"
           << options.alertmanager_port << "']}]}]}\n";
  if (options.pushgateway_port != 0)
    config << "scrape_configs: [{job_name: pushgateway, honor_labels: true, scrape_interval: 1s, "
              "scrape_timeout: "
              "1s, static_configs: [{targets: ['127.0.0.1:"
           << options.pushgateway_port << "']}]}]\n";
  config.close();
  const int port = free_port();
  std::vector<std::string> arguments = {
      "--config.file=" + directory + "/prometheus.yml", "--storage.tsdb.path=" + directory + "/data",
      "--web.enable-remote-write-receiver", "--web.listen-address=127.0.0.1:" + std::to_string(port)};
  if (!options.user_assets.empty()) arguments.push_back("--web.user-assets=" + options.user_assets);
  if (!options.web_config.empty()) {
    std::string text = options.web_config;
    for (std::size_t at; (at = text.find("DIR")) != text.npos;) text.replace(at, 3, directory);
    std::ofstream(directory + "/web.yml") << text;
    arguments.push_back("--web.config.file=" + directory + "/web.yml");
    if (!make_certificates(directory)) return nullptr;  // as a server that is not installed
  }
  return make(kProgram, std::move(arguments), directory, port, "/-/ready");
}

std::unique_ptr<ServerForTest> ServerForTest::pushgateway() {
  constexpr const char* kProgram = "/usr/bin/prometheus-pushgateway";
  if (!installed(kProgram)) return nullptr;
  const int port = free_port();
  // Debian's default keeps everything it was ever sent in a file.
  return make(kProgram, {"--web.listen-address=127.0.0.1:" + std::to_string(port), "--persistence.file="},
              fresh_directory(), port, "/-/ready");
}

std::unique_ptr<ServerForTest> ServerForTest::alertmanager(const std::string& config) {
  constexpr const char* kProgram = "/usr/bin/prometheus-alertmanager";
  if (!installed(kProgram)) return nullptr;
  const std::string directory = fresh_directory();
  std::ofstream(directory + "/alertmanager.yml")
      << (config.empty() ? "route: {receiver: none}\nreceivers: [{name: none}]\n" : config);
  const int port = free_port();
  return make(kProgram,
              {"--config.file=" + directory + "/alertmanager.yml", "--storage.path=" + directory + "/data",
               "--cluster.listen-address=", "--web.listen-address=127.0.0.1:" + std::to_string(port)},
              directory, port, "/-/ready");
}

std::unique_ptr<ServerForTest> ServerForTest::victoria_metrics() {
  constexpr const char* kProgram = "/usr/bin/victoria-metrics";
  if (!installed(kProgram)) return nullptr;
  const std::string directory = fresh_directory();
  const int port = free_port();
  return make(kProgram,
              {"-storageDataPath=" + directory + "/data", "-httpListenAddr=127.0.0.1:" + std::to_string(port),
               "-retentionPeriod=1y", "-search.latencyOffset=1s"},
              directory, port, "/health");
}

std::unique_ptr<ServerForTest> ServerForTest::vmalert(const ServerForTest& storage, const std::string& rules,
                                                      const std::string& notifier) {
  constexpr const char* kProgram = "/usr/bin/vmalert";
  if (!installed(kProgram)) return nullptr;
  const std::string directory = fresh_directory();
  std::ofstream(directory + "/rules.yml") << rules;
  const int port = free_port();
  return make(
      kProgram,
      {"-rule=" + directory + "/rules.yml", "-datasource.url=" + storage.url(),
       "-remoteWrite.url=" + storage.url(), "-remoteRead.url=" + storage.url(), "-notifier.url=" + notifier,
       "-remoteWrite.flushInterval=1s", "-httpListenAddr=127.0.0.1:" + std::to_string(port)},
      directory, port, "/health");
}

bool make_certificates(const std::string& directory) {
  if (!installed("/usr/bin/openssl")) return false;
  const std::string script =
      "set -e; cd " + directory +
      "\n"
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem\n"
      "for who in server client; do\n"
      "  openssl req -newkey rsa:2048 -nodes -subj /CN=$who -keyout $who.key -out $who.csr\n"
      "  printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' >$who.ext\n"
      "  openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $who.ext "
      "-out "
      "$who.pem\n"
      "  chmod 600 $who.key\n"
      "done\n";
  std::ofstream(directory + "/make.sh") << script;
  return std::system(("sh " + directory + "/make.sh >" + directory + "/make.log 2>&1").c_str()) == 0;
}

}  // namespace torpor
