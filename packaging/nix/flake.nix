# nix run ./packaging/nix -- demo
{
  description = "Italian certified e-mail (PEC): send it, track it, verify its receipts";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "pec";
          version = (builtins.fromTOML (builtins.readFile ../../Cargo.toml)).package.version;
          src = ../..;
          cargoLock.lockFile = ../../Cargo.lock;
          env.PEC_COMMIT = self.rev or "";
          # Its tests need servers, and root; the demonstration needs neither.
          doCheck = false;
          postInstall = ''
            $out/bin/pec man --to $out/share
            $out/bin/pec completions --to $out/share
          '';
          doInstallCheck = true;
          installCheckPhase = "HOME=$TMPDIR $out/bin/pec demo";
          meta.mainProgram = "pec";
        };
      });
    };
}
