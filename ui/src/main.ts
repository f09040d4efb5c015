document.body.append('starting');
