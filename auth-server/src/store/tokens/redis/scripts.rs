//! The scripts, one per step of the store. Each runs as one atomic whole inside Redis.

use redis::Script;

macro_rules! scripts {
    ($($name:ident),+ $(,)?) => {
        /// Every script with its hash, computed once.
        #[derive(Debug)]
        pub(super) struct Scripts {
            $(pub(super) $name: Script,)+
        }

        impl Scripts {
            pub(super) fn new() -> Self {
                Self {
                    $($name: Script::new(concat!(
                        include_str!("lua/common.lua"),
                        include_str!(concat!("lua/", stringify!($name), ".lua"))
                    )),)+
                }
            }
        }
    };
}

scripts!(
    count,
    cut_off,
    end_session,
    end_session_of,
    end_user_sessions,
    find_access,
    find_family,
    find_session,
    list,
    list_sessions,
    open_family,
    publish,
    record_access,
    redeem_code,
    refresh,
    remember_once,
    revoke_access,
    revoke_family,
    store_code,
    store_session,
    sweep,
    view_refresh,
);
