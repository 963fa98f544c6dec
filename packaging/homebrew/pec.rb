# Homebrew: brew install --build-from-source ./pec.rb
# `url` and `sha256` are those of a release; until there is one, `brew install --HEAD` from a checkout.
class Pec < Formula
  desc "Italian certified e-mail (PEC): send it, track it, verify its receipts"
  license "MIT"
  head do
    url ENV.fetch("PEC_SOURCE", Dir.pwd), using: :git
  end

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    system bin/"pec", "man", "--to", share
    system bin/"pec", "completions", "--to", buildpath/"completions"
    bash_completion.install "completions/bash-completion/completions/pec"
    fish_completion.install "completions/fish/vendor_completions.d/pec.fish"
    zsh_completion.install "completions/zsh/site-functions/_pec"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/pec --version") unless head?
    system bin/"pec", "demo"
  end
end
