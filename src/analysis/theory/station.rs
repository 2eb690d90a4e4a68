//! Which form a station has, from its arrivals, its service and its line.

use super::answer::{Answer, Form};
use super::finite::Finite;
use super::memoryless::{Mm1, Mmc};
use super::service::Service;
use super::streams::Stream;
use super::{choices, erlang, general};
use crate::model::{Discipline, Group, NONE};

/// Most places that are counted one by one.
const MOST_PLACES: u32 = 1_000_000;

/// Returns what theory says of one of the equal stations of a group.
///
/// `rate` is the arrival rate of this one station [1/s], `arrivals` what they look like.
pub(super) fn form(group: &Group, rate: f64, service: &Service, arrivals: &Stream) -> Form {
    let none = |why: &str| Form::NoClosedForm(why.to_owned());
    if group.servers == u32::MAX {
        return Form::Known(unlimited(service));
    }
    let endless = group.waiting_limit == u32::MAX && group.max_wait == NONE;
    let most = f64::from(group.servers) / service.mean;
    if endless && rate >= most {
        return Form::Unstable {
            grows_per_s: rate - most,
        };
    }
    if group.blocks && group.waiting_limit != u32::MAX {
        return none("visits stand before its full line, and keep their callers waiting");
    }
    if group.replaces {
        return none("visits take the places of others in its line");
    }
    if group.max_wait != NONE {
        return none("visits leave the line when they have waited too long");
    }
    let chosen = match arrivals {
        Stream::Poisson => None,
        Stream::Nothing => return none("nobody comes"),
        Stream::Broken(why) => return none(why),
        Stream::Renewal(scv) => return renewal(group, rate, *scv, service),
        Stream::Chosen(choices) => Some(*choices),
    };
    if let Some(choices) = chosen {
        return shortest(group, rate, service, choices);
    }
    match group.discipline {
        Discipline::Fifo if !endless => finite(group, rate, service),
        Discipline::Fifo => in_order(group.servers, rate, service, true),
        Discipline::Lifo if endless => in_order(group.servers, rate, service, false),
        Discipline::ProcessorSharing if endless => sharing(group.servers, rate, service),
        Discipline::LifoPreemptive if endless && group.servers == 1 => {
            sharing_of_one("M/G/1, pre-empting last come first served", rate, service)
        }
        Discipline::Lifo | Discipline::ProcessorSharing | Discipline::LifoPreemptive => {
            none("none is known for a bounded line or several servers in this order of service")
        }
        Discipline::Priority | Discipline::PriorityPreemptive => {
            none("waits depend on the priorities of all flows")
        }
        Discipline::CoDel => none("visits are shed by how long they have waited"),
    }
}

/// Unlimited servers: nobody waits, whatever the arrivals.
fn unlimited(service: &Service) -> Answer {
    Answer {
        waits: Some(0.0),
        mean_wait: Some(0.0),
        mean_sojourn: Some(service.mean),
        sojourn_p99: service.exponential.then(|| -service.mean * libm::log(0.01)),
        ..Answer::exact("unlimited servers")
    }
}

/// A line without end, served in order of arrival or last come first.
fn in_order(servers: u32, rate: f64, service: &Service, fifo: bool) -> Form {
    let last = if fifo { "" } else { ", last come first served" };
    if service.exponential {
        if servers == 1 {
            return one(rate, service.mean, fifo, last);
        }
        return several(servers, rate, service.mean, fifo, last);
    }
    let Some(scv) = service.variability() else {
        return Form::NoClosedForm(
            "the variance of its service times is infinite or not known".to_owned(),
        );
    };
    if servers == 1 {
        let Some(wait) = general::pollaczek_khinchine(rate, service.mean, scv) else {
            return Form::NoClosedForm("it is not stable".to_owned());
        };
        let name = if service.is_constant() {
            "M/D/1 (Pollaczek–Khinchine)"
        } else {
            "M/G/1 (Pollaczek–Khinchine)"
        };
        return Form::Known(Answer {
            waits: Some(rate * service.mean),
            mean_wait: Some(wait),
            mean_sojourn: Some(wait + service.mean),
            ..Answer::exact(&format!("{name}{last}"))
        });
    }
    approximated(servers, rate, 1.0, service, scv, "M/G/c")
}

/// M/M/1.
fn one(rate: f64, mean: f64, fifo: bool, last: &str) -> Form {
    let Some(queue) = Mm1::new(rate, mean) else {
        return Form::NoClosedForm("it is not stable".to_owned());
    };
    let wait = Mmc::new(1, rate, mean).map(|queue| queue.wait_quantile(0.99));
    Form::Known(Answer {
        waits: Some(queue.utilisation()),
        mean_wait: Some(queue.mean_wait()),
        wait_p99: wait.filter(|_| fifo),
        mean_sojourn: Some(queue.mean_sojourn()),
        sojourn_p99: fifo.then(|| queue.sojourn_quantile(0.99)),
        ..Answer::exact(&format!("M/M/1{last}"))
    })
}

/// M/M/c.
fn several(servers: u32, rate: f64, mean: f64, fifo: bool, last: &str) -> Form {
    let Some(queue) = Mmc::new(servers, rate, mean) else {
        return Form::NoClosedForm("it is not stable".to_owned());
    };
    Form::Known(Answer {
        waits: Some(queue.waits()),
        mean_wait: Some(queue.mean_wait()),
        wait_p99: fifo.then(|| queue.wait_quantile(0.99)),
        mean_sojourn: Some(queue.mean_sojourn()),
        sojourn_p99: fifo.then(|| queue.sojourn_quantile(0.99)),
        ..Answer::exact(&format!("M/M/{servers} (Erlang C){last}"))
    })
}

/// Allen–Cunneen.
fn approximated(
    servers: u32,
    rate: f64,
    arrival_scv: f64,
    service: &Service,
    scv: f64,
    form: &str,
) -> Form {
    let wait = general::allen_cunneen(servers, rate, arrival_scv, service.mean, scv);
    let Some(wait) = wait else {
        return Form::NoClosedForm("it is not stable".to_owned());
    };
    let bound = general::kingman(rate, arrival_scv, service.mean, scv).filter(|_| servers == 1);
    Form::Known(Answer {
        mean_wait: Some(wait),
        mean_wait_at_most: bound,
        mean_sojourn: Some(wait + service.mean),
        ..Answer::close(&format!("{form} with c = {servers} (Allen–Cunneen)"))
    })
}

/// Renewal arrivals.
fn renewal(group: &Group, rate: f64, arrival_scv: f64, service: &Service) -> Form {
    let plain = group.discipline == Discipline::Fifo && group.waiting_limit == u32::MAX;
    match service.variability() {
        _ if group.instances > 1 => {
            Form::NoClosedForm("arrivals are not Poisson and spread over copies".to_owned())
        }
        Some(scv) if plain => approximated(group.servers, rate, arrival_scv, service, scv, "G/G/c"),
        Some(_) | None => Form::NoClosedForm("arrivals are not Poisson".to_owned()),
    }
}

/// A bounded line.
fn finite(group: &Group, rate: f64, service: &Service) -> Form {
    let servers = group.servers;
    if group.waiting_limit == 0 {
        // Insensitive: any law of service.
        return Form::Known(Answer {
            waits: Some(0.0),
            refused: Some(erlang::b(servers, rate * service.mean)),
            mean_wait: Some(0.0),
            mean_sojourn: Some(service.mean),
            ..Answer::exact(&format!("M/G/{servers}/{servers} (Erlang B)"))
        });
    }
    let room = servers.saturating_add(group.waiting_limit);
    if !service.exponential || room > MOST_PLACES {
        return Form::NoClosedForm(
            "none is known for a bounded line with this service law".to_owned(),
        );
    }
    let queue = Finite::new(servers, room, rate, service.mean);
    Form::Known(Answer {
        refused: Some(queue.refused()),
        mean_wait: Some((queue.mean_sojourn() - service.mean).max(0.0)),
        mean_sojourn: Some(queue.mean_sojourn()),
        ..Answer::exact(&format!("M/M/{servers}/{room}"))
    })
}

/// Processor sharing: the number inside is that of M/M/c, whatever the law.
fn sharing(servers: u32, rate: f64, service: &Service) -> Form {
    let Some(queue) = Mmc::new(servers, rate, service.mean) else {
        return Form::NoClosedForm("it is not stable".to_owned());
    };
    Form::Known(Answer {
        mean_sojourn: Some(queue.mean_sojourn()),
        ..Answer::exact(&format!("M/G/{servers}, processor sharing"))
    })
}

/// One server without memory of who was first: E\[S\]/(1 − ρ), whatever the law.
fn sharing_of_one(form: &str, rate: f64, service: &Service) -> Form {
    let utilisation = rate * service.mean;
    Form::Known(Answer {
        mean_sojourn: Some(service.mean / (1.0 - utilisation)),
        ..Answer::exact(form)
    })
}

/// The supermarket model.
fn shortest(group: &Group, rate: f64, service: &Service, choices: u32) -> Form {
    let plain = group.discipline == Discipline::Fifo
        && group.waiting_limit == u32::MAX
        && group.servers == 1
        && service.exponential;
    let response = choices::mean_response(rate * service.mean, choices).filter(|_| plain);
    let Some(response) = response else {
        return Form::NoClosedForm("the balancer looks at the lines".to_owned());
    };
    Form::Known(Answer {
        mean_wait: Some((response - 1.0) * service.mean),
        mean_sojourn: Some(response * service.mean),
        ..Answer::close(&format!(
            "supermarket model, {choices} choices, as if there were endlessly many copies"
        ))
    })
}
