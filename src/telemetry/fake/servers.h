// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/posix/process.h"

// Real servers from Debian's packages, on loopback at a free port, in a directory of their
// own under the tests' temporary one; the destructor ends them by their own process id.
namespace torpor {

// A TCP port on 127.0.0.1 that was free a moment ago.
int free_port();

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
};
// A plain request to 127.0.0.1, so that a test does not judge our client by itself.
HttpAnswer http_request(int port, const std::string& method, const std::string& target,
                        const std::string& body = "");

class ServerForTest {
 public:
  ~ServerForTest();
  ServerForTest(const ServerForTest&) = delete;
  ServerForTest& operator=(const ServerForTest&) = delete;

  // Null where the package is not installed: skip the test visibly. Waits until it is ready.
  struct PrometheusOptions {
    std::string out_of_order = "";  // a duration: "6h"; "" = none
    std::string web_config = "";    // contents of --web.config.file; DIR stands for its directory
    std::string rule_file = "";     // contents of a rule file
    std::string evaluation = "1s";  // how often rules are evaluated that do not say
    std::string user_assets = "";   // directory of --web.user-assets
    int alertmanager_port = 0;      // where alerts go; 0 = nowhere
    int pushgateway_port = 0;       // what is scraped, each second; 0 = nothing
  };
  static std::unique_ptr<ServerForTest> prometheus(const PrometheusOptions& options);
  static std::unique_ptr<ServerForTest> prometheus() { return prometheus(PrometheusOptions{}); }
  static std::unique_ptr<ServerForTest> pushgateway();
  // `config`: contents of its configuration file; "" = one that tells nobody.
  static std::unique_ptr<ServerForTest> alertmanager(const std::string& config = "");
  static std::unique_ptr<ServerForTest> victoria_metrics();
  // Evaluates `rules` over a VictoriaMetrics, which keeps what they record; alerts go to `notifier`.
  static std::unique_ptr<ServerForTest> vmalert(const ServerForTest& storage, const std::string& rules,
                                                const std::string& notifier);

  int port() const { return port_; }
  const std::string& directory() const { return directory_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string log() const;
  int process_id() const { return process_->id(); }
  // Ends it and starts it again with what it had on disk.
  void restart();

 private:
  ServerForTest(std::vector<std::string> command, std::string directory, int port, std::string ready);
  void start();
  static std::unique_ptr<ServerForTest> make(const std::string& program, std::vector<std::string> arguments,
                                             std::string directory, int port, std::string ready);

  std::vector<std::string> command_;
  std::string directory_;
  int port_;
  std::string ready_;  // a path that answers 200 once it is up; "" = any answer
  std::unique_ptr<ChildProcess> process_;
};

// Makes a CA, a server certificate for 127.0.0.1 and a client certificate with the openssl
// command: DIR/{ca,server,client}.{pem,key}. False where openssl is missing.
[[nodiscard]] bool make_certificates(const std::string& directory);

}  // namespace torpor
