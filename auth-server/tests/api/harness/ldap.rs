//! An LDAP directory for one test: OpenLDAP's slapd on a free port, with data of its own.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use auth_server::config::LdapConfig;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use super::ports::free_port;

const BASE: &str = "dc=example,dc=org";
const MANAGER: &str = "cn=manager,dc=example,dc=org";
const MANAGER_PASSWORD: &str = "the manager's password";

/// A running directory.
#[derive(Debug)]
pub struct Ldap {
    folder: TempDir,
    port: u16,
    process: Child,
}

/// Debian keeps it where only root looks.
fn slapd() -> &'static str {
    ["/usr/sbin/slapd", "/usr/libexec/slapd", "slapd"]
        .into_iter()
        .find(|path| Path::new(path).exists())
        .unwrap_or("slapd")
}

impl Ldap {
    /// A directory with these people: user id, address, name, password.
    pub async fn start(people: &[(&str, &str, &str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().display();
        std::fs::create_dir(folder.path().join("data")).expect("a folder for the data");
        let configuration = format!(
            "allow bind_anon_cred bind_anon_dn\ninclude /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n\
             include /etc/ldap/schema/inetorgperson.schema\npidfile {path}/pid\nmodulepath /usr/lib/ldap\n\
             moduleload back_mdb\ndatabase mdb\nsuffix \"{BASE}\"\nrootdn \"{MANAGER}\"\n\
             rootpw \"{MANAGER_PASSWORD}\"\ndirectory {path}/data\nindex mail eq\n\
             access to attrs=userPassword by anonymous auth by * none\naccess to * by dn=\"{MANAGER}\" write by * none\n"
        );
        std::fs::write(folder.path().join("slapd.conf"), configuration).expect("written");
        let mut entries = format!(
            "dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n"
        );
        for (uid, mail, name, password) in people {
            write!(
                entries,
                "dn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: {name}\n\
                 mail: {mail}\nuserPassword: {password}\n\n"
            )
            .expect("text");
        }
        let port = free_port();
        let process = run(folder.path(), port).await;
        let directory = Self {
            folder,
            port,
            process,
        };
        directory.command("ldapadd", &entries).await;
        directory
    }

    /// Settings that lead here.
    pub fn settings(&self) -> LdapConfig {
        LdapConfig {
            url: format!("ldap://127.0.0.1:{}", self.port),
            starttls: false,
            bind_dn: MANAGER.to_owned(),
            bind_password: MANAGER_PASSWORD.to_owned(),
            base_dn: BASE.to_owned(),
            filter: "(&(objectClass=inetOrgPerson)(mail={email}))".to_owned(),
            email_attribute: "mail".to_owned(),
            name_attribute: "cn".to_owned(),
            timeout_seconds: 5,
            max_connections: 16,
        }
    }

    /// Takes a person out of the directory.
    pub async fn remove(&self, uid: &str) {
        self.command(
            "ldapmodify",
            &format!("dn: uid={uid},{BASE}\nchangetype: delete\n"),
        )
        .await;
    }

    /// Gives a person another name.
    pub async fn rename(&self, uid: &str, name: &str) {
        let change = format!("dn: uid={uid},{BASE}\nchangetype: modify\nreplace: cn\ncn: {name}\n");
        self.command("ldapmodify", &change).await;
    }

    /// The directory goes down.
    pub async fn stop(&mut self) {
        self.process.kill().await.expect("stopped");
    }

    /// The directory is back, with what it had.
    pub async fn restart(&mut self) {
        self.process = run(self.folder.path(), self.port).await;
    }

    async fn command(&self, program: &str, input: &str) {
        let file = self.folder.path().join("input.ldif");
        std::fs::write(&file, input).expect("written");
        let output = Command::new(program)
            .args([
                "-x",
                "-H",
                &self.settings().url,
                "-D",
                MANAGER,
                "-w",
                MANAGER_PASSWORD,
                "-f",
            ])
            .arg(&file)
            .output()
            .await
            .expect("the LDAP tools of Debian's package ldap-utils");
        assert!(
            output.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

async fn run(folder: &Path, port: u16) -> Child {
    let process = Command::new(slapd())
        .args(["-d", "0", "-h", &format!("ldap://127.0.0.1:{port}"), "-f"])
        .arg(folder.join("slapd.conf"))
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("slapd: Debian's package of this name");
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return process;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("slapd does not listen");
}
